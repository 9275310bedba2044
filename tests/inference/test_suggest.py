"""Where to paint next."""

import itertools
import math

import numpy as np
import pytest
import torch
from tests.conftest import make_model
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.errors import AnnotationError, ModelError, PlanError
from napari_fcnseg.events import PredictionStarted, Suggested, TileDone
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.nets.base import SameSizeNet

SURE, AB, BC = 128, 192, 64  # grey values: sure of b, between a and b, between b and c
CLASSES = tuple(
    fs.SegClass(i, n, c)
    for i, n, c in ((1, "a", "#ff0000"), (2, "b", "#00ff00"), (3, "c", "#0000ff"))
)


class Pixelwise(SameSizeNet):
    """Bright is a, grey is b, dark is c."""

    in_channels, classes, cell, name = 1, 3, 1, "pixelwise"
    options = {}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(1, 3, 1)
        with torch.no_grad():
            self.head.weight[:] = torch.tensor([20.0, 0, -20]).reshape(3, 1, 1, 1)
            self.head.bias[:] = torch.tensor([-20.0, 0, -20])

    def compute(self, x):
        return self.head(x)


@pytest.fixture
def pixelwise():
    return fs.Model(Pixelwise(), Normalisation("percentile", (128.0,), (64.0,)), CLASSES)


@pytest.fixture
def stack():
    """Two places in the stack are unsure, one of them twice as much."""
    stack = np.full((4, 200, 230), SURE, np.uint8)
    stack[1, 48:80, 64:96] = AB
    stack[3, 100:132, 8:24] = BC
    return stack


def overlap(first, second):
    return all(a < d and c < b for (a, b), (c, d) in zip(first.spans, second.spans, strict=True))


def test_the_unsure_places_come_first(pixelwise, stack):
    first, second, *others = fs.suggest_regions(pixelwise, stack, axes="ZYX", size=32, regions=4)
    assert first.axes == "ZYX"
    assert first.spans == ((1, 2), (48, 80), (64, 96))
    assert first.score == pytest.approx(math.log(2) / math.log(3), abs=1e-6)
    assert (set(first.classes), first.labelled) == ({"a", "b"}, 0)
    (z, rows, columns), half = second.spans, first.score / 2
    assert (z, rows) == ((3, 4), (100, 132))
    assert columns[0] <= 8 < 24 <= columns[1]
    assert (set(second.classes), second.score) == ({"b", "c"}, pytest.approx(half, abs=1e-6))
    assert len(others) == 2
    assert all(region.score < 1e-6 for region in others)
    part = np.zeros((1, 32, 32), np.uint8)  # regions are those of `predict`
    fs.predict(pixelwise, stack, part, axes="ZYX", region=first.spans).wait()
    assert np.array_equal(part, fs.segment(pixelwise, stack, axes="ZYX")[1:2, 48:80, 64:96])


def test_what_is_painted_is_not_proposed(pixelwise, stack):
    labels = np.zeros(stack.shape, np.uint8)
    labels[1, 50:78, 66:94] = 2  # with what is near, all of the place
    kept = labels.copy()
    first, *others = fs.suggest_regions(pixelwise, stack, labels, axes="ZYX", size=32, regions=3)
    assert first.spans[0] == (3, 4)
    assert all(region.score < 1e-6 for region in others)
    assert all(region.labelled < 0.5 for region in others)
    annotation = fs.open_annotation(labels, fs.open_image(stack, axes="ZYX"))
    again = fs.suggest_regions(pixelwise, stack, annotation, axes="ZYX", size=32, regions=3)
    assert again == [first, *others]
    assert np.array_equal(labels, kept)


def test_points_and_a_part_that_is_painted(pixelwise, stack):
    points = fs.Points(np.array([[1, 64, 80]]), np.array([2]), (CLASSES[1],), radius=5)
    first = fs.suggest_regions(pixelwise, stack, points, axes="ZYX", size=32, regions=3)[0]
    assert first.spans[0] == (1, 2)
    assert first.labelled == 81 / 32**2
    assert first.score < 0.9 * math.log(2) / math.log(3)


def test_all_is_painted_or_nothing(pixelwise, stack):
    options = {"axes": "ZYX", "regions": 2}
    found = fs.suggest_regions(pixelwise, stack, np.ones(stack.shape, np.uint8), **options)
    assert found == []
    empty = fs.suggest_regions(pixelwise, stack, np.zeros(stack.shape, int), **options)
    assert empty == fs.suggest_regions(pixelwise, stack, **options)
    with pytest.raises(AnnotationError, match="has the shape"):
        fs.suggest_regions(pixelwise, stack, np.zeros((4, 20, 20), int), axes="ZYX")


def test_only_a_part_is_looked_at(pixelwise, stack):
    options = {"axes": "ZYX", "size": 32, "regions": 3}
    part = ((2, 4), (92, 170), (0, 60))
    first, *others = fs.suggest_regions(pixelwise, stack, region=part, **options)
    assert (first.spans[0], first.score) == ((3, 4), pytest.approx(0.5 * math.log(2) / math.log(3)))
    for region in (first, *others):
        inside = zip(region.spans, part, strict=True)
        assert all(low <= start < stop <= high for (start, stop), (low, high) in inside)
    labels = np.zeros(stack.shape, np.uint8)
    labels[3, 100:132, 8:24] = 2
    painted = fs.suggest_regions(pixelwise, stack, labels, region=part, **options)
    assert all(region.score < 1e-6 for region in painted)
    assert {region.labelled for region in painted} == {0}
    with pytest.raises(PlanError, match="not inside the image"):
        fs.suggest_regions(pixelwise, stack, region=((0, 9), (0, 40), (0, 40)), **options)


def test_a_small_image_that_is_sure_everywhere(pixelwise):
    (region,) = fs.suggest_regions(pixelwise, np.full((40, 50), SURE, np.uint8))
    assert region.spans == ((0, 40), (0, 50))
    assert 0 <= region.score < 1e-6
    assert len(region.classes) == 2


@pytest.mark.parametrize("method", ["entropy", "disagreement"])
def test_the_size_of_tiles_does_not_matter(model, grey, method):
    options = {"axes": "YX", "size": 24, "method": method, "regions": 5}
    grey = grey[0]
    whole = fs.suggest_regions(model, grey, **options)
    tiled = fs.suggest_regions(model, grey, tile=100, **options)
    assert [(r.spans, r.classes) for r in tiled] == [(r.spans, r.classes) for r in whole]
    assert [r.score for r in tiled] == pytest.approx([r.score for r in whole], abs=1e-5)
    assert not any(overlap(a, b) for a, b in itertools.combinations(whole, 2))
    shares = {"augment": "all"} if method == "disagreement" else {}
    unsure = fs.segment(model, grey, method, axes="YX", **shares)
    for region in whole:
        mean = unsure[tuple(slice(*span) for span in region.spans)].mean()
        assert region.score == pytest.approx(mean, abs=1e-5)


def test_series_of_stacks_and_networks_that_see_them():
    net = fs.build_net("unet3d", 1, 2, width=2, depth=2, flat=1)
    model = fs.Model(net.eval(), Normalisation("percentile", (128.0,), (64.0,)), CLASSES[:2])
    series = np.random.default_rng(0).integers(0, 256, (2, 5, 30, 40), dtype=np.uint8)
    found = fs.suggest_regions(model, series, axes="TZYX", size=16, regions=10, every=2)
    assert found[0].axes == "TZYX"
    planes = {(t, z) for (t, _), (z, _), *_ in (region.spans for region in found)}
    assert planes == {(0, 0), (0, 2), (0, 4), (1, 1), (1, 3)}
    unsure = fs.segment(model, series, "entropy", axes="TZYX")
    mean = unsure[tuple(slice(*span) for span in found[0].spans)].mean()
    assert found[0].score == pytest.approx(mean, abs=1e-5)


def test_a_job_can_be_followed_and_closed(model, grey):
    events = list(fs.suggest(model, grey, axes="ZYX", size=64, every=2, regions=2))
    assert isinstance(events[0], PredictionStarted)
    assert [e.done for e in events[1:-1] if isinstance(e, TileDone)] == [2, 3]  # one is left out
    assert isinstance(events[-1], Suggested)
    job = fs.suggest(model, grey, axes="ZYX")
    next(job)
    job.close()
    assert list(job) == []


def test_bounds_and_what_does_not_fit(model, grey):
    for wrong in ({"regions": 0}, {"size": -3}, {"every": 0}, {"method": "margin"}):
        ((name, value),) = wrong.items()
        with pytest.raises(PlanError, match=f"{name} = {value!r}: "):
            fs.suggest(model, grey, axes="ZYX", **wrong)
    with pytest.raises(ModelError, match="has 3 channels"):
        fs.suggest(model, grey, axes="CYX")
    two = make_model(3), make_model(4)
    with pytest.raises(ModelError, match="no model"):
        fs.suggest((), grey, axes="ZYX")
    assert fs.suggest_regions(
        two, grey, axes="ZYX", method="disagreement", augment="none", regions=1
    )


def test_suggested_regions_have_more_errors(painted):
    image, truth, strokes = painted
    recipe = fs.Recipe(
        net_options={"depth": 2, "width": 8, "padding": "same", "norm": "batch"},
        patch=32, batch=4, steps=100, elastic=0.0, average=0.9, validation=0.0,
    )  # fmt: skip
    model = fs.fit(image, strokes, recipe, axes="ZYX", classes={1: "a", 2: "b", 3: "c"})
    wrong = fs.segment(model, image, axes="ZYX") != truth
    options = {"axes": "ZYX", "size": 32, "regions": 8}
    for method in ("entropy", "disagreement"):
        found = fs.suggest_regions(model, image, strokes, method=method, **options)
        rates = [wrong[tuple(slice(*span) for span in region.spans)].mean() for region in found]
        assert np.mean(rates) > 1.5 * wrong.mean()
