"""Ways to show a segmentation: what is outside a class blurred, and bands of probability."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.measure import find_contours

from napari_fcnseg.errors import ImageError

BANDS = (0.2, 0.3, 0.5, 0.8)


def portrait(
    image: NDArray[Any],
    labels: NDArray[np.integer],
    keep: Collection[int],
    blur: float = 8.0,
    outside: float | Sequence[float] | None = None,
    edge: float = 1.0,
) -> NDArray[Any]:
    """Keep what is of some classes, and blur or fill all else.

    Parameters
    ----------
    image
        Shape ``(Y, X)`` or ``(Y, X, C)``.
    labels
        Class ids, shape ``(Y, X)``.
    keep
        Ids of the classes that stay sharp.
    blur
        Standard deviation of the Gaussian outside, in pixels.
    outside
        Fill with this value, or one for each channel, instead.
    edge
        Pixels over which the two fade into each other, as a standard deviation; 0: none.

    Returns
    -------
    ndarray
        As `image`, of the same shape and dtype.

    Raises
    ------
    ImageError
        If the shapes do not fit.
    """
    if image.shape[:2] != labels.shape or image.ndim not in (2, 3):
        raise ImageError(
            f"the image has the shape {image.shape}, the labels {labels.shape}: (Y, X) or "
            "(Y, X, C) and (Y, X) are needed"
        )
    plane = (edge, edge) if edge else None
    inside = np.isin(labels, list(keep)).astype(np.float64)
    share = gaussian_filter(inside, plane) if plane else inside
    share = share.reshape(*share.shape, *[1] * (image.ndim - 2))
    pixels = image.astype(np.float64)
    if outside is None:
        other = gaussian_filter(pixels, (blur, blur, *[0] * (image.ndim - 2)))
    else:
        other = np.broadcast_to(np.asarray(outside, np.float64), image.shape)
    mixed = share * pixels + (1 - share) * other
    if image.dtype.kind in "iu":
        mixed = mixed.round()
    found: NDArray[Any] = mixed.astype(image.dtype)
    return found


def probability_bands(
    probability: NDArray[np.floating], levels: Sequence[float] = BANDS
) -> dict[float, list[NDArray[np.float64]]]:
    """Contours along which a probability has certain values, as heights on a map.

    Parameters
    ----------
    probability
        Of a class, shape ``(Y, X)``.
    levels
        Between 0 and 1.

    Returns
    -------
    dict
        For each level its contours, positions ``(n, 2)`` along Y and X in pixels: as paths of a
        Shapes layer has them.

    Raises
    ------
    ImageError
        If it is no plane, or a level is out of bounds.
    """
    if probability.ndim != 2:
        raise ImageError(f"the probability has the shape {probability.shape}: give a plane (Y, X)")
    if wrong := [level for level in levels if not 0 < level < 1]:
        raise ImageError(f"{wrong[0]} is no level: give numbers between 0 and 1")
    return {level: list(find_contours(probability, level)) for level in levels}
