"""The border weights of instances, from label to loss."""

import dataclasses
import math

import numpy as np
import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.events import Step
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.training import planes as module
from napari_fcnseg.training.augment import augment, window_size
from napari_fcnseg.training.borders import make_borders
from napari_fcnseg.training.losses import masked_cross_entropy
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.split import Split

WEIGHTED = Recipe(border_weight=10.0)
TINY = Recipe(
    net_options={"depth": 2, "width": 4}, patch=32, batch=2, steps=3, validation=0, dice=0
)


def cells(shape=(3, 60, 80), edge=12):
    """A stack of touching square cells with large ids, and an image that shows their walls."""
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    ids = np.broadcast_to(1000 + y // edge * 100 + x // edge, shape).copy()
    image = np.where((y % edge < 1) | (x % edge < 1), 20, 200) + np.zeros(shape, int)
    return image.astype(np.uint8), ids


def source_of(recipe=WEIGHTED, shape=(3, 60, 80)):
    image, ids = cells(shape)
    opened = Image(image, "ZYX")
    annotation = open_annotation(fs.Instances(ids), opened)
    (borders,) = make_borders([annotation], recipe)
    return Source(opened, annotation, Split({}, 64, 16), borders=borders)


@pytest.mark.parametrize("room", [module.CACHE_BYTES, 0])
@pytest.mark.parametrize("size", [(33, 33), (4, 33, 33)])
def test_weights_belong_to_their_targets(monkeypatch, room, size):
    monkeypatch.setattr(module, "CACHE_BYTES", room)
    sampler = PatchSampler([source_of()], (1, 2), Normalisation("percentile", (0.0,), (1.0,)))
    _, targets, borders = sampler.draw(6, size, size, np.random.default_rng(0))
    assert borders.shape == targets.shape == (6, *size)
    assert borders.dtype == np.float32
    assert not borders[targets == 0].any()
    # Between two cells; less at the edge of the image, which has no cell behind it.
    border = borders[targets == 1]
    assert border.max() == pytest.approx(10 * math.exp(-(5**2) / 50), rel=1e-6)
    assert (border > 0).all()


def test_weights_are_warped_with_their_patch():
    recipe = Recipe(rotate="any", elastic=1, scale=0.3)
    size = window_size(48, recipe)
    smooth = torch.sin(torch.arange(size) / 9)[:, None] + torch.cos(torch.arange(size) / 7)
    images = smooth.expand(4, 1, 3, size, size) + torch.arange(3.0).view(3, 1, 1)
    targets = torch.zeros(4, 3, size, size, dtype=torch.long)
    still = dataclasses.replace(recipe, brightness=0, contrast=0, noise=0)
    rngs = [torch.Generator().manual_seed(2) for _ in range(3)]
    x, y, borders = augment(images, targets, 48, still, rngs[0], images[:, 0].clone())
    inside = torch.nn.functional.max_pool2d((y != 0).float(), 3, 1, 1) == 0
    assert inside.float().mean() > 0.7
    assert torch.allclose(x[:, 0][inside], borders[inside], atol=1e-4)
    assert not borders[torch.nn.functional.max_pool2d((y == 0).float(), 5, 1, 2) == 0].any()
    # They draw no random number, and no change of grey values touches them.
    changed = augment(images, targets, 48, recipe, rngs[1], images[:, 0].clone())
    plain = augment(images, targets, 48, recipe, rngs[2])
    assert torch.equal(changed[0], plain[0])
    assert torch.equal(changed[2], borders)
    assert plain[2] is None


@pytest.mark.parametrize("weights", [None, [1.0, 3.0]])
@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_class_weight_and_border_weight_add_up(weights, focus):
    p = torch.tensor([0.8, 0.4, 0.9])  # probability of class 0
    logits = torch.stack([p.log(), (1 - p).log()])[None, :, None]
    target = torch.tensor([[[0, 1, -1]]])
    borders = torch.tensor([[[0.0, 6.5, 9.0]]])
    each = [-(0.2**focus) * math.log(0.8), -(0.4**focus) * math.log(0.6)]
    first, second = weights or (1.0, 1.0)
    expected = (first * each[0] + (second + 6.5) * each[1]) / (first + second + 6.5)
    given = None if weights is None else torch.tensor(weights)
    found = masked_cross_entropy(logits, target, given, focus, borders)
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_no_added_weight_is_the_plain_loss(focus):
    logits, target = torch.randn(2, 3, 9, 9), torch.randint(-1, 3, (2, 9, 9))
    found = masked_cross_entropy(logits, target, None, focus, torch.zeros(2, 9, 9))
    plain = masked_cross_entropy(logits, target, None, focus)
    assert found.item() == pytest.approx(plain.item(), rel=1e-5)


def losses(recipe, **options):
    image, ids = cells()
    job = fs.train(image, fs.Instances(ids, **options), recipe, axes="ZYX")
    return [event.loss for event in job if isinstance(event, Step)]


def test_training_learns_from_the_weights():
    plain = losses(TINY)
    assert losses(dataclasses.replace(TINY, border_sigma=2.0)) == plain  # they are off
    weighted = losses(dataclasses.replace(TINY, border_weight=10.0))
    assert np.isfinite(weighted).all()
    assert weighted[0] != plain[0]


def test_painted_objects_are_weighed_anew():
    image, ids = cells()
    growing = np.where(np.arange(3)[:, None, None] == 0, ids, 0)
    job = fs.train(image, fs.Instances(growing), dataclasses.replace(TINY, border_weight=10.0),
                   axes="ZYX")  # fmt: skip
    for event in job:
        if isinstance(event, Step) and event.step == 1:
            growing[1:] = ids[1:]
            job.repaint(planes=[(1,), (2,)])
    pixels = event.model.provenance["labelled_pixels"]
    assert sum(pixels.values()) == ids.size


def test_classes_have_no_gaps_between_objects():
    image, ids = cells()
    strokes = (ids % 2 + 1).astype(np.uint8)
    with pytest.raises(RecipeError, match=r"border_weight = 10 is of gaps .* but the labels holds"):
        fs.train(image, strokes, dataclasses.replace(TINY, border_weight=10.0), axes="ZYX")
    with pytest.raises(RecipeError, match="border_weight = -1.0 is not within 0.0 and 1000.0"):
        Recipe(border_weight=-1.0)
