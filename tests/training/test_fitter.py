"""Classifiers that learn all labels at once, through the door of a training."""

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.events import Fitting, Note, Step, Trained, TrainingStarted, Validated
from napari_fcnseg.models.fingerprint import fingerprint

FOREST = fs.Recipe(net="pixel_classifier", net_options={"trees": 20})


def events_of(painted, recipe=FOREST, **options):
    image, _, strokes = painted
    return list(fs.train(image, strokes, recipe, axes="ZYX", **options))


@pytest.fixture(scope="module")
def events(painted):
    return events_of(painted)


def test_its_events_are_those_of_a_training(events):
    kinds = [type(e) for e in events]
    assert kinds[0] is TrainingStarted
    assert kinds[-1] is Trained
    assert Step not in kinds
    parts = [e.part for e in events if isinstance(e, Fitting)]
    assert parts == sorted(parts)
    assert parts[-1] == 1


def test_it_learns_a_stack_from_strokes(events, painted):
    image, truth, _ = painted
    model = events[-1].model
    found = fs.segment(model, image[2], axes="YX")
    scores = iou(confusion_matrix(truth[2].astype(int) - 1, found.astype(int) - 1, 3))
    assert (scores > [0.5, 0.75, 0.02]).all()
    assert model.provenance["steps"] == 1
    assert model.recipe == FOREST


def test_scores_are_of_a_classifier_that_has_not_seen_the_held_out_labels(painted):
    """Labels drawn by lot cannot be foretold, but by who has seen them."""
    rng = np.random.default_rng(0)
    image = rng.normal(size=(6, 160, 160)).astype(np.float32)
    strokes = np.zeros(image.shape, np.uint8)
    strokes[:, 8::16, :] = rng.integers(1, 3, strokes[:, 8::16, :].shape)
    found = events_of((image, None, strokes), fs.Recipe(net="pixel_classifier"))
    (scored,) = [e for e in found if isinstance(e, Validated)]
    assert scored.mean_iou < 0.45
    final = fs.segment(found[-1].model, image, axes="ZYX")
    assert (final == strokes)[strokes > 0].mean() > 0.9  # it has seen them all in the end
    assert any("held-out labels are learned, too" in e.text for e in found if isinstance(e, Note))
    assert found[-1].model.provenance["validation"] == {
        name: round(value, 4) for name, value in scored.iou.items()
    }


def test_without_validation_there_are_no_scores(painted):
    found = events_of(painted, fs.Recipe(net="kmeans", validation=0.0))
    assert not any(isinstance(e, Validated | Note) for e in found)
    assert found[-1].model.provenance["validation"] == {}


def test_the_same_seed_gives_the_same_model(painted, events):
    again = events_of(painted)[-1].model
    assert fingerprint(again) == fingerprint(events[-1].model)
    other = fs.Recipe(net="pixel_classifier", net_options={"trees": 20}, seed=1)
    assert fingerprint(events_of(painted, other)[-1].model) != fingerprint(again)


def test_it_can_be_cancelled_while_it_reads(painted):
    image, _, strokes = painted
    job = fs.train(image, strokes, FOREST, axes="ZYX")
    assert isinstance(next(job), TrainingStarted)
    assert isinstance(next(job), Fitting)
    job.close()
    assert list(job) == []


def test_colours_are_clustered(painted):
    """Red and green of one brightness are two classes for clusters of colours."""
    rng = np.random.default_rng(0)
    truth = (np.arange(96) // 24 % 2) * np.ones((96, 1), int)
    image = np.stack([100 + 80 * truth, 180 - 80 * truth, np.full((96, 96), 60)])
    image = (image + rng.normal(0, 8, image.shape)).clip(0, 255).astype(np.uint8)
    strokes = np.zeros((96, 96), np.uint8)
    strokes[::12] = truth[::12] + 1
    recipe = fs.Recipe(net="kmeans", net_options={"clusters": 4}, validation=0.0)
    model = fs.fit(fs.Image(image, "CYX"), strokes, recipe)
    found = fs.segment(model, fs.Image(image, "CYX"))
    assert (found == truth + 1).mean() > 0.99


def test_a_training_of_it_is_repeated(painted, tmp_path):
    import tifffile

    image, _, strokes = painted
    tifffile.imwrite(tmp_path / "i.tif", image, metadata={"axes": "ZYX"})
    tifffile.imwrite(tmp_path / "s.tif", strokes, metadata={"axes": "ZYX"})
    model = fs.fit(tmp_path / "i.tif", tmp_path / "s.tif", FOREST)
    model.save(tmp_path / "m.zip")
    again = fs.repeat(tmp_path / "m.zip").wait().model
    assert fingerprint(again) == fingerprint(model)


def test_it_cannot_go_on_from_a_model(painted, events):
    with pytest.raises(fs.FcnsegError, match="learns all labels at once.*leave the start out"):
        events_of(painted, start=events[-1].model)


def test_a_network_cannot_go_on_from_it(painted, events):
    with pytest.raises(fs.FcnsegError, match=r"is pixel_classifier .* the recipe asks for unet"):
        events_of(painted, fs.Recipe(net="unet_light", steps=2), start=events[-1].model)
