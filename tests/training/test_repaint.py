"""Strokes that are added while training runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.events import Step

RECIPE = fs.Recipe(net_options={"depth": 2, "width": 4}, patch=32, batch=2, steps=8, validation=0)


def rows(positions):
    return sorted(map(tuple, positions.tolist()))


@given(seed=st.integers(0, 999), planes=st.sets(st.integers(0, 3), max_size=4))
def test_planes_that_are_read_again_are_as_if_all_were(seed, planes):
    rng = np.random.default_rng(seed)
    image = fs.Image(np.zeros((4, 9, 11), np.uint8), "ZYX")
    labels = rng.integers(0, 3, (4, 9, 11), dtype=np.uint8)
    labels[0, 0, :2] = 1, 2
    annotation = open_annotation(labels, image)
    for plane in planes:
        labels[plane] = rng.integers(0, 4, (9, 11))  # 3 is a class that is not known
    found = annotation.repainted([(p,) for p in planes]).index
    expected = annotation.repainted().index
    assert found.counts == expected.counts
    assert set(found.counts) <= {1, 2}
    for value, positions in expected.positions.items():
        assert rows(found.positions[value]) == rows(positions)


def losses(job, paint=None, at=3):
    found = []
    for event in job:
        if isinstance(event, Step):
            found.append(event.loss)
            if paint and event.step == at:
                paint(job)
    return found, event.model


@pytest.mark.parametrize("planes", [None, [(4,)]])
def test_the_next_step_learns_from_new_strokes(painted, planes):
    image, _, strokes = painted
    first = np.where(np.arange(6)[:, None, None] == 1, strokes, 0)
    before, _ = losses(fs.train(image, first.copy(), RECIPE, axes="ZYX"))
    growing = first.copy()

    def paint(job):
        growing[4] = strokes[4]
        job.repaint(planes=planes)

    found, model = losses(fs.train(image, growing, RECIPE, axes="ZYX"), paint)
    assert found[:3] == before[:3]
    assert found[3:] != before[3:]
    counts = np.bincount(strokes.ravel())
    assert list(model.provenance["labelled_pixels"].values()) == counts[counts > 0].tolist()[1:]


def test_with_all_strokes_gone_it_goes_on_with_those_it_had(painted):
    image, _, strokes = painted
    before, _ = losses(fs.train(image, strokes, RECIPE, axes="ZYX"))
    fading = strokes.copy()

    def paint(job):
        fading[:] = 0
        job.repaint()

    found, model = losses(fs.train(image, fading, RECIPE, axes="ZYX"), paint)
    assert len(found) == len(before)
    assert found[:3] == before[:3]
    assert sum(model.provenance["labelled_pixels"].values()) == (strokes > 0).sum()
