"""Sample data that need no download."""

from typing import Any

import numpy as np

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.strokes import simulate_strokes
from napari_fcnseg.demo import PAINTED, SCALE, SHARE, UNITS
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

LayerData = tuple[Any, dict[str, Any], str]


def em_stack() -> list[LayerData]:
    """Synthetic EM stack, and an empty Labels layer with its classes to paint into."""
    image, truth = synthetic_em()
    return [_image(image), _strokes(np.zeros_like(truth))]


def painted_em_stack() -> list[LayerData]:
    """Synthetic EM stack with simulated strokes on two of its slices."""
    image, truth = synthetic_em()
    last = len(image) - 1
    shown_first = last // 2
    planes = [shown_first, round(PAINTED[1] * last)]
    return [_image(image), _strokes(simulate_strokes(truth, planes, SHARE))]


def _image(pixels: Any) -> LayerData:
    return pixels, {"name": "EM stack", **_place()}, "image"


def _strokes(labels: Any) -> LayerData:
    classes = [default_class(i, name) for i, name in CLASSES.items()]
    return labels, {"name": "strokes", **_place(), **class_table(classes)}, "labels"


def _place() -> dict[str, Any]:
    return {"scale": SCALE, "units": UNITS, "axis_labels": ("z", "y", "x")}
