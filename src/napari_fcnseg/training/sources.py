"""From annotated images to what patches are drawn from: what is held out, and border weights."""

from dataclasses import replace

import numpy as np

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.borders import make_borders
from napari_fcnseg.training.hold_out import Apart, hold_out
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.split import Split


def make_sources(
    data: TrainingData, recipe: Recipe, net: SegmentationNet, rng: np.random.Generator
) -> list[Source]:
    """Hold labels out, and compute border weights if they are wanted.

    Parameters
    ----------
    data
        Annotated images; of replayed ones all labels train, as their model has been scored.
    recipe
        How much is held out, and how far from the rest.
    net
        By default held-out labels are as far from the others as half of what it sees.
    rng
        Chooses.
    """
    new = len(data.images) - data.replayed
    splits = _hold_out(data, recipe, net, rng)
    old = [number >= new for number in range(len(data.images))]
    borders = make_borders(data.annotations, recipe)
    columns = (data.images, data.annotations, splits, old, borders)
    return [Source(*row) for row in zip(*columns, strict=True)]


def _hold_out(
    data: TrainingData, recipe: Recipe, net: SegmentationNet, rng: np.random.Generator
) -> list[Split]:
    geometry = net.geometry
    half = [max(axis.field) // 2 for axis in geometry]
    apart = Apart(recipe.gap or half[-1], half[0] if len(geometry) == 3 else 0)
    new = data.annotations[: len(data.annotations) - data.replayed]
    stride, closer = geometry[-1].stride, not recipe.gap
    splits = hold_out(new, recipe.validation, apart, stride, rng, closer)
    return splits + [replace(splits[0], held={})] * data.replayed
