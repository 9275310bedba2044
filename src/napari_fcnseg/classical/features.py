"""Features of pixels at several scales, as a pixel classifier sees them."""

import numpy as np
from numpy.typing import NDArray
from skimage.feature import multiscale_basic_features

SMALLEST, LARGEST = 0.5, 16.0  # standard deviations of the filters, in pixels
REACH = 32  # pixels around a region that its features depend on, but for little


def pixel_features(pixels: NDArray[np.floating]) -> NDArray[np.float32]:
    """Intensity, gradient and both eigenvalues of the Hessian, at six scales.

    Parameters
    ----------
    pixels
        Shape ``(channels, Y, X)``.

    Returns
    -------
    ndarray
        Shape ``(Y, X, 24 * channels)``; scales go from 0.5 to 16 px, each twice the one before.
    """
    found = multiscale_basic_features(
        pixels.astype(np.float32), sigma_min=SMALLEST, sigma_max=LARGEST, channel_axis=0
    )
    return np.asarray(found, np.float32)
