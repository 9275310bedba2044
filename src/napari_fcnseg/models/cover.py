"""The picture of a model: its sample beside the prediction."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from napari_fcnseg.annotations.overlay import overlay, to_grey

if TYPE_CHECKING:
    from napari_fcnseg.models.model import Model


def write_cover(
    path: Path, sample: NDArray[np.float32], probabilities: NDArray[np.float32], model: "Model"
) -> None:
    """Write image and prediction side by side, 2 : 1; of a stack its middle slice."""
    ids = np.array([c.id for c in model.classes])[probabilities.argmax(0)]
    grey = to_grey(sample[0])
    inside = zip(model.net.margin, ids.shape, strict=True)
    grey = grey[tuple(slice(margin, margin + n) for margin, n in inside)]
    while grey.ndim > 2:
        grey, ids = grey[len(grey) // 2], ids[len(ids) // 2]
    picture = np.hstack([np.repeat(grey[..., None], 3, axis=2), overlay(grey, ids, model.classes)])
    Pillow.fromarray(picture).save(path)
