"""The picture of a model: its sample beside the prediction."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from napari_fcnseg.annotations.classes import SegClass

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model


def to_grey(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Map the 1st to the 99th percentile of a ``(Y, X)`` array to 0 to 255."""
    low, high = np.nanpercentile(pixels, (1, 99))
    scaled = np.nan_to_num((pixels - low) / max(high - low, 1e-12))
    grey: NDArray[np.uint8] = (np.clip(scaled, 0, 1) * 255).astype(np.uint8)
    return grey


def colour_labels(labels: NDArray[np.integer], classes: tuple[SegClass, ...]) -> NDArray[np.uint8]:
    """Colours of class ids, shape ``(Y, X, 3)``; other ids are black."""
    table = np.zeros((256, 3), np.uint8)
    for c in classes:
        table[c.id] = c.rgba[:3]
    colours: NDArray[np.uint8] = table[labels]
    return colours


def overlay(
    grey: NDArray[np.uint8], labels: NDArray[np.integer], classes: tuple[SegClass, ...]
) -> NDArray[np.uint8]:
    """Grey image with classes in colour, half transparent, shape ``(Y, X, 3)``."""
    colours = colour_labels(labels, classes)
    shown = np.isin(labels, [c.id for c in classes if c.id])[..., None]
    mixed: NDArray[np.uint8] = np.where(shown, grey[..., None] // 2 + colours // 2, grey[..., None])
    return mixed


def write_cover(
    path: Path, sample: NDArray[np.float32], probabilities: NDArray[np.float32], model: "Model"
) -> None:
    """Write image and prediction side by side, 2 : 1."""
    ids = np.array([c.id for c in model.classes])[probabilities.argmax(0)]
    grey = to_grey(sample[0])
    margin = (grey.shape[0] - ids.shape[0]) // 2
    grey = grey[margin : margin + ids.shape[0], margin : margin + ids.shape[1]]
    picture = np.hstack([np.repeat(grey[..., None], 3, axis=2), overlay(grey, ids, model.classes)])
    Pillow.fromarray(picture).save(path)
