"""Sample data that need no download."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.strokes import simulate_strokes
from napari_fcnseg.demo import PAINTED, SCALE, SHARE, UNITS
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.images.synthetic_nuclei import synthetic_nuclei
from napari_fcnseg.images.synthetic_steel import PHASES, synthetic_steel

LayerData = tuple[Any, dict[str, Any], str]
NUCLEI = {1: "nucleus", 2: "background"}
STACK = {"scale": SCALE, "units": UNITS, "axis_labels": ("z", "y", "x")}
PLANE = {"axis_labels": ("y", "x")}  # its pixels have no size


def em_stack() -> list[LayerData]:
    """Synthetic EM stack, and an empty Labels layer with its classes to paint into."""
    image, truth = synthetic_em()
    return _layers("EM stack", image, np.zeros_like(truth), CLASSES, STACK)


def painted_em_stack() -> list[LayerData]:
    """Synthetic EM stack with simulated strokes on two of its slices."""
    image, truth = synthetic_em()
    last = len(image) - 1
    shown_first = last // 2
    planes = [shown_first, round(PAINTED[1] * last)]
    strokes = simulate_strokes(truth, planes, SHARE)
    return _layers("EM stack", image, strokes, CLASSES, STACK)


def steel() -> list[LayerData]:
    """Synthetic micrograph of etched steel, and an empty Labels layer with its phases."""
    image, truth = synthetic_steel()
    return _layers("steel", image, np.zeros_like(truth), PHASES, PLANE)


def nuclei() -> list[LayerData]:
    """Synthetic fluorescence image of nuclei, and an empty Labels layer with two classes."""
    image, _ = synthetic_nuclei()
    return _layers("nuclei", image, np.zeros_like(image), NUCLEI, PLANE)


def _layers(
    name: str, image: Any, strokes: Any, classes: Mapping[int, str], place: Mapping[str, Any]
) -> list[LayerData]:
    """Return an image, and on it the layer that is painted into."""
    colours = class_table([default_class(i, text) for i, text in classes.items()])
    return [
        (image, {"name": name, **place}, "image"),
        (strokes, {"name": "strokes", **place, **colours}, "labels"),
    ]
