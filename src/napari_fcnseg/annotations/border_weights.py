"""What the narrow gaps between objects count (Ronneberger et al. 2015, section 3)."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from napari_fcnseg.errors import AnnotationError

FAINT = 1e-6  # weights below count as 0, so that only what is near decides a pixel


def border_weights(ids: ArrayLike, w0: float = 10.0, sigma: float = 5.0) -> NDArray[np.float64]:
    """Weights of the pixels between objects, beside those of their classes.

    The second term of equation 2 of Ronneberger et al. 2015,
    ``w0 * exp(-(d1 + d2) ** 2 / (2 * sigma ** 2))``, on the background. d1 and d2 are the
    distances from the middle of a pixel to that of the nearest pixel of the nearest object and
    of the second nearest one, so both are at least 1 and their sum in a gap of g pixels is g + 1.
    Pixels of an object have the weight 0, and so have all with fewer than two objects.

    Parameters
    ----------
    ids
        Whole numbers of one plane, shape ``(Y, X)``; each object has its own, 0 is background.
    w0
        Weight where the distances vanish, 0 or more.
    sigma
        Of the Gaussian, in pixels.

    Returns
    -------
    ndarray
        Shape of `ids`. Weights below 1e-6 are 0.

    Raises
    ------
    AnnotationError
        If `ids` is no plane of whole numbers, or `w0` or `sigma` are out of range.
    """
    plane = np.asarray(ids)
    if plane.ndim != 2 or plane.dtype.kind not in "biu":
        raise AnnotationError(
            f"border weights of {plane.dtype}, shape {plane.shape}: give whole numbers of one "
            "plane, (Y, X), in which each object has its own"
        )
    if not (0 <= w0 < math.inf and 0 < sigma < math.inf):
        raise AnnotationError(
            f"w0 = {w0} and sigma = {sigma} give no border weights: give a w0 of 0 or more, and a "
            "sigma of more than 0 pixels"
        )
    return _decay(gap_width(number_objects(plane), weight_reach(w0, sigma)), w0, sigma)


def _decay(gap: NDArray[np.float64], w0: float, sigma: float) -> NDArray[np.float64]:
    weights: NDArray[np.float64] = w0 * np.exp(-((gap / sigma) ** 2) / 2)
    return weights


def weight_reach(w0: float, sigma: float) -> float:
    """Sum of the two distances beyond which a border weight is below 1e-6."""
    return sigma * math.sqrt(2 * math.log(w0 / FAINT)) if w0 > FAINT else 0.0


def number_objects(ids: NDArray[Any]) -> NDArray[np.int32]:
    """Give the objects of a plane numbers from 1 on, whatever whole numbers their ids are."""
    _, order = np.unique(ids, return_inverse=True)
    return np.where(ids == 0, 0, order.reshape(ids.shape) + 1).astype(np.int32)


def gap_width(numbers: NDArray[np.int32], reach: float) -> NDArray[np.float64]:
    """Sum of the distances of a background pixel to the two objects that are nearest.

    Parameters
    ----------
    numbers
        Objects of one plane, from 1 on.
    reach
        Larger sums, in pixels, are not looked for.

    Returns
    -------
    ndarray
        Shape of `numbers`; infinite on objects and where the sum is larger than `reach`.
    """
    nearest = np.full(numbers.shape, np.inf)
    second = nearest.copy()
    around = max(0, math.floor(reach) - 1)  # as the other distance is at least 1
    for number, box in enumerate(ndimage.find_objects(numbers), 1):
        if not box:  # no pixel has this number
            continue
        near = tuple(slice(max(0, s.start - around), s.stop + around) for s in box)
        distance = ndimage.distance_transform_edt(numbers[near] != number)
        np.minimum(second[near], np.maximum(nearest[near], distance), out=second[near])
        np.minimum(nearest[near], distance, out=nearest[near])
    gap: NDArray[np.float64] = nearest + second
    gap[(numbers > 0) | (gap > reach)] = np.inf
    return gap
