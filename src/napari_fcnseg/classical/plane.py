"""A plane as the classical methods see it: grey values on one scale, without gaps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import fit_normalisation

STEPS = 2**20  # of 1 in a normalised grey value


def normalise_plane(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Scale each channel so that its 1st and 99th percentile become -1 and 1.

    An image has the same normalised planes whether it is stored in 8 or 16 bits.

    Parameters
    ----------
    pixels
        Raw pixels, shape ``(channels, Y, X)``.

    Returns
    -------
    ndarray
        The same shape; 0 where a pixel is not finite, and in a channel of one grey value.
    """
    finite = np.isfinite(pixels)
    seen = finite.any(axis=(1, 2), keepdims=True)
    try:
        known = fit_normalisation([Image(np.where(seen, pixels, 0), "CYX")])
    except ImageError:  # nothing to see
        return np.zeros(pixels.shape)
    offset, scale = (np.reshape(values, (-1, 1, 1)) for values in (known.offset, known.scale))
    scaled = (np.where(finite, pixels, offset) - offset) / scale
    # Rounded, or a grey value would be another one at another depth, in its last digit.
    rounded: NDArray[np.float64] = np.round(scaled * STEPS) / STEPS
    return rounded


def smooth(pixels: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Smooth each channel, shape ``(channels, Y, X)``, with a Gaussian; 0 leaves it as it is."""
    if not sigma:
        return pixels
    smoothed: NDArray[np.float64] = ndimage.gaussian_filter(pixels, (0, sigma, sigma))
    return smoothed
