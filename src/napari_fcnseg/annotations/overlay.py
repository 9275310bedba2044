"""Pictures of labels: classes in colour over a grey image."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass


def to_grey(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Map the 1st to the 99th percentile of an array to 0 to 255."""
    low, high = np.nanpercentile(pixels, (1, 99))
    scaled = np.nan_to_num((pixels - low) / max(high - low, 1e-12))
    grey: NDArray[np.uint8] = (np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return grey


def colour_labels(labels: NDArray[np.integer], classes: Iterable[SegClass]) -> NDArray[np.uint8]:
    """Colours of class ids, shape ``(Y, X, 3)``; other ids are black."""
    table = np.zeros((256, 3), np.uint8)
    for c in classes:
        table[c.id] = c.rgba[:3]
    colours: NDArray[np.uint8] = table[labels]
    return colours


def overlay(
    grey: NDArray[np.uint8],
    labels: NDArray[np.integer],
    classes: Iterable[SegClass],
    opacity: float = 0.5,
) -> NDArray[np.uint8]:
    """Grey image with classes in colour over it, shape ``(Y, X, 3)``."""
    classes = list(classes)
    colours = colour_labels(labels, classes)
    shown = np.isin(labels, [c.id for c in classes if c.id])[..., None]
    mixed = (1 - opacity) * grey[..., None] + opacity * colours
    return np.where(shown, mixed, grey[..., None]).astype(np.uint8)
