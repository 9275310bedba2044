"""A trained model, new strokes: frozen layers, replayed images, new classes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.training.test_start import TINY

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.split import Split

FAST = replace(TINY, rate=1e-2, fine_rate=1e-2)


@pytest.fixture(scope="module")
def first(painted):
    image, _, strokes = painted
    return fs.fit(image, strokes, FAST, axes="ZYX", name="first")


def test_the_encoder_waits_and_then_learns(first, painted):
    image, _, strokes = painted
    started = {n: p.clone() for n, p in first.net.named_parameters()}
    for freeze, learns in ((1.0, False), (0.5, True), (0.0, True)):
        recipe = replace(FAST, steps=4, freeze=freeze, average=0)
        model = fs.fit(image, strokes, recipe, axes="ZYX", start=first)
        moved = {n: not torch.equal(p, started[n]) for n, p in model.net.named_parameters()}
        assert any(on for n, on in moved.items() if n.startswith("encoder")) == learns
        assert any(on for n, on in moved.items() if n.startswith("decoder"))
        assert all(p.requires_grad for p in model.net.parameters())


def test_it_goes_on_at_its_own_rate(first, painted):
    image, _, strokes = painted
    recipe = replace(FAST, steps=3, fine_rate=2e-4, warm_up=0, rate=0.5)
    rates = [
        e.rate for e in fs.train(image, strokes, recipe, axes="ZYX", start=first)
        if hasattr(e, "rate")
    ]  # fmt: skip
    assert max(rates) == pytest.approx(2e-4, rel=0.1)


def sampler(*replayed, replay=0.4):
    """A sampler over bright images that are new and dark ones that are replayed."""
    sources = []
    for old in replayed:
        image = fs.Image(np.full((64, 64), 0 if old else 200, np.uint8), "YX")
        labels = np.zeros((64, 64), np.uint8)
        labels[8:12, 8:50], labels[40:44, 8:50] = 1, 2
        annotation = fs.open_annotation(labels, image)
        sources.append(Source(image, annotation, Split({}, 16, 4), old))
    return PatchSampler(sources, [1, 2], Normalisation("percentile", (0.0,), (1.0,)), replay)


def test_replayed_images_get_their_share_of_the_patches():
    rng = np.random.default_rng(0)
    for flags, replay, expected in (
        ((False, True, True, True), 0.4, 0.4),  # however many there are
        ((False, False, True), 0.25, 0.25),
        ((False, False), 0.4, 0.0),
    ):
        images, *_ = sampler(*flags, replay=replay).draw(2000, (16, 16), (16, 16), rng)
        assert (images == 0).all(axis=(1, 2, 3)).mean() == pytest.approx(expected, abs=0.04)


def test_strokes_and_dense_labels_are_drawn_by_the_places_they_cover():
    image = fs.Image(np.zeros((320, 320), np.uint8), "YX")
    dense = np.ones((320, 320), np.uint8)
    dense[:, 160:] = 2
    strokes = np.zeros((320, 320), np.uint8)
    strokes[16:320:32], strokes[31:320:32] = 1, 2  # through every cell of 32 px
    sources = [
        Source(image, fs.open_annotation(labels, image), Split({}, 16, 4))
        for labels in (dense, strokes)
    ]
    sampler = PatchSampler(sources, [1, 2], Normalisation("percentile", (0.0,), (1.0,)))
    share = sampler._groups._weights[:2].sum()  # of the dense labels
    assert share == pytest.approx(np.sqrt(0.5) / (1 + np.sqrt(0.5)), abs=0.01)


def test_a_new_class_is_added_beside_the_old_ones(first, painted):
    image, _, strokes = painted
    more = np.where(strokes == 2, 9, 0).astype(np.uint8)
    job = fs.train(image, more, FAST, axes="ZYX", classes={9: "new"}, start=first)
    notes = " ".join(next(job).notes)
    assert "new beside the classes of first: 9 new" in notes
    assert "no label of 1 class 1, 2 class 2, 3 class 3" in notes
    model = job.wait().model
    assert [(c.id, c.name) for c in model.classes] == [
        (1, "class 1"), (2, "class 2"), (3, "class 3"), (9, "new"),
    ]  # fmt: skip
    assert set(np.unique(fs.segment(model, image, axes="ZYX"))) <= {1, 2, 3, 9}


def test_old_labels_can_be_replayed_beside_a_new_class(first, painted):
    image, _, strokes = painted
    more = np.where(strokes == 2, 9, 0).astype(np.uint8)
    job = fs.train(image, more, FAST, axes="ZYX", start=first, replay=[(image, strokes)])
    started = next(job)
    assert "no label of" not in " ".join(started.notes)
    assert started.pixels["class 2"] == started.pixels["class 9"] == (strokes == 2).sum()
    assert len(job.wait().model.provenance["images"]) == 2


@pytest.mark.parametrize("named", [{9: "new"}, [fs.SegClass(9, "new", "#ff0000")]])
def test_old_labels_keep_the_names_that_the_model_knows(named, first, painted):
    image, _, strokes = painted
    more = np.where(strokes == 2, 9, 0).astype(np.uint8)
    how = {"axes": "ZYX", "start": first, "replay": [(image, strokes)]}
    started = next(fs.train(image, more, FAST, classes=named, **how))
    assert started.pixels["class 2"] == started.pixels["new"] == (strokes == 2).sum()


def test_a_model_remembers_what_is_replayed(painted, tmp_path):
    image, _, strokes = painted
    for name, array in (("image", image), ("strokes", strokes)):
        _save(tmp_path, name, array)
    paths = tmp_path / "image.tif", tmp_path / "strokes.tif"
    model = fs.fit(*paths, FAST, axes="ZYX")
    job = fs.train(image[:2], strokes[:2], FAST, axes="ZYX", start=model, replay=True)
    again = job.wait().model
    assert len(again.provenance["images"]) == 2
    assert "origins" not in again.provenance  # arrays cannot be found again
    with pytest.raises(ModelError, match="does not know where the images are"):
        fs.train(image, strokes, FAST, axes="ZYX", start=again, replay=True)
    with pytest.raises(ModelError, match="nothing to replay without a model"):
        fs.train(image, strokes, FAST, axes="ZYX", replay=True)


def _save(folder, name, array):
    import tifffile

    tifffile.imwrite(folder / f"{name}.tif", array, metadata={"axes": "ZYX"})


def test_names_that_contradict_are_refused(painted):
    image, _, strokes = painted
    named = fs.fit(image, strokes, TINY, axes="ZYX", classes={1: "a", 2: "b", 3: "c"})
    for classes in ({1: "x", 2: "b", 3: "c"}, {1: "b", 2: "a", 3: "c"}):
        with pytest.raises(ModelError, match="knows the classes 1 a, 2 b, 3 c, .* painted"):
            fs.train(image, strokes, TINY, axes="ZYX", classes=classes, start=named)
    only = np.where(strokes == 1, 1, 0)
    model = fs.fit(image, only, TINY, axes="ZYX", start=named)
    assert [c.name for c in model.classes] == ["a", "b", "c"]


def test_an_image_without_objects_trains_its_class(painted):
    image, _, strokes = painted
    empty = np.full_like(image, 90)
    job = fs.train([image, empty], [strokes, fs.Everywhere(2)], FAST, axes="ZYX")
    assert next(job).pixels["class 2"] == (strokes == 2).sum() + empty.size
    job.close()
    job = fs.train([image, empty], [strokes, "all=0"], FAST, axes="ZYX")
    assert next(job).pixels["background"] == empty.size
    job.close()
    with pytest.raises(fs.FcnsegError, match="the class 256 is none"):
        fs.Everywhere(256)
