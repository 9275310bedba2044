"""Features of the pixels of a tile, as a classifier sees them."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.training.patches import PatchSampler


@torch.inference_mode()
def tile_features(
    sampler: PatchSampler,
    features: Callable[[Tensor], Tensor],
    margin: int,
    number: int,
    window: Spans,
) -> NDArray[np.float32]:
    """Compute the features of a window of one plane, with what is around it in mind.

    Parameters
    ----------
    sampler
        Has the images.
    features
        From normalised pixels ``(1, C, Y, X)`` to ``(1, F, Y - 2 margin, X - 2 margin)``.
    margin
        Pixels around the window that they depend on.
    number, window
        Of the image, and along its kept axes.

    Returns
    -------
    ndarray
        Shape ``(Y, X, F)``.
    """
    *leading, rows, columns = window
    around = [(start - margin, stop + margin) for start, stop in (rows, columns)]
    pixels, _ = sampler.read(number, (*leading, *around))
    planes = torch.from_numpy(pixels.reshape(1, -1, *pixels.shape[-2:]))
    found: NDArray[np.float32] = features(planes)[0].movedim(0, -1).numpy()
    return found
