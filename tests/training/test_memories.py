"""What a trained model says of replayed images is a label there, so that it stays so."""

import numpy as np
import pytest
from tests.training.test_fine_tune import FAST

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.split import Split
from napari_fcnseg.training.teacher import Teacher


@pytest.fixture(scope="module")
def first(painted):
    image, _, strokes = painted
    return fs.fit(image, strokes, FAST, axes="ZYX", name="first")


def replaying(model, image, strokes):
    """A sampler over a new image and a replayed one, both the same."""
    opened = fs.open_image(image, axes="ZYX")
    annotation = open_annotation(strokes, opened)
    sources = [Source(opened, annotation, Split({}, 32, 8), old) for old in (False, True)]
    ids = [c.id for c in model.classes]
    return PatchSampler(sources, ids, model.normalisation, replay=0.4, pseudo=0.5)


def test_they_are_learned_in_each_round_and_go_on(first, painted):
    image, _, strokes = painted
    sampler = replaying(first, image, strokes)
    teacher = Teacher(sampler, FAST, 3, remembers=True)
    window = ((4, 5), (0, 160), (0, 176))
    known = fs.segment(first, image[4:5], axes="ZYX")
    known[strokes[4:5] > 0] = strokes[4:5][strokes[4:5] > 0]  # what is painted is always right
    later = fs.build_net(first.net.name, 1, 3, **first.net.options)
    for progress, net in ((0.0, first.net), (0.5, later)):
        list(teacher.follow(progress, net))
        _, target = sampler.read_to_train(1, window, taught=True)
        assert np.array_equal(target + 1, known)
    fresh = replaying(first, image, strokes)
    Teacher(fresh, FAST, 3).load_state_dict(teacher.state_dict())
    assert np.array_equal(fresh.read_to_train(1, window, taught=True)[1], target)


def test_replayed_patches_have_them_and_keep_their_share(first, painted):
    image, _, strokes = painted
    sampler = replaying(first, image, strokes)
    list(Teacher(sampler, FAST, 3, remembers=True).follow(0.0, first.net))
    kinds = [group.kind for group, _ in sampler._groups.draw(2000, np.random.default_rng(0))]
    assert np.mean([kind == "replayed" for kind in kinds]) == pytest.approx(0.4, abs=0.04)


def test_there_are_none_beside_a_new_class(first, painted, monkeypatch):
    """The model does not know it, and would say that it is something else."""
    image, _, strokes = painted
    taught = []
    monkeypatch.setattr(PatchSampler, "teach", lambda self, labels: taught.append(labels))
    for value, remembered in ((2, True), (9, False)):
        taught.clear()
        more = np.where(strokes == 2, value, 0).astype(np.uint8)
        fs.fit(image, more, FAST, axes="ZYX", start=first, replay=[(image, strokes)])
        assert any(number == 1 for number, _ in taught[0].positions) == remembered
