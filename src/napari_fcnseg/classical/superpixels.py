"""Superpixels, and strokes that spread to all of those that they touch."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skimage.segmentation import slic

from napari_fcnseg.classical.plane import normalise_plane
from napari_fcnseg.classical.stroke_method import PlaneLabeller
from napari_fcnseg.errors import AnnotationError, ImageError
from napari_fcnseg.images.ids import compact_ids
from napari_fcnseg.limits import bounds

SIZE, COMPACTNESS, SIGMA = 16, 20.0, 1.0
LIGHTEST = 100  # L of Lab: grey values count as if they went up to it


def superpixels(
    pixels: ArrayLike, size: int = SIZE, compactness: float = COMPACTNESS, sigma: float = SIGMA
) -> NDArray[np.int64]:
    """Divide a plane into superpixels (SLIC, Achanta et al. 2012), by scikit-image.

    Parameters
    ----------
    pixels
        Raw pixels, shape ``(Y, X)`` or ``(channels, Y, X)``. Three channels of 8 bits are red,
        green and blue, and are compared in Lab; all others as normalised grey values.
    size
        Their edge in pixels, about.
    compactness
        What distance counts against colour, the `m` of the paper; more makes them squarer. As
        colours in Lab have it, also of grey values: black and white are 100 apart.
    sigma
        Of a Gaussian over the image, in pixels.

    Returns
    -------
    ndarray
        Ids from 1 on, shape ``(Y, X)``; each superpixel is connected.

    Raises
    ------
    ImageError
        If `pixels` are no plane.
    MethodError
        If size, compactness or sigma is out of bounds.
    """
    Superpixels(size, compactness, sigma)
    plane = np.asarray(pixels)
    plane = plane[None] if plane.ndim == 2 else plane
    if plane.ndim != 3:
        raise ImageError(
            f"superpixels are of one plane, (Y, X) or (channels, Y, X); this has the shape "
            f"{plane.shape}: take them plane by plane"
        )
    count = max(1, round(plane[0].size / size**2))
    if len(plane) == 3 and plane.dtype == np.uint8:
        ids = slic(plane, count, compactness, sigma=sigma, channel_axis=0, convert2lab=True)
    else:
        grey = normalise_plane(plane)
        # It stretches what it is given to 0 to 1; the percentiles are what is to be 1 apart.
        stretched = 2 * np.sqrt(len(grey)) / (np.ptp(grey) or 2.0)
        weight = compactness / LIGHTEST * stretched
        ids = slic(grey, count, weight, sigma=sigma, channel_axis=0, convert2lab=False)
    found: NDArray[np.int64] = ids.astype(np.int64)
    return found


def snap_strokes(
    strokes: NDArray[np.integer], superpixels: NDArray[np.integer]
) -> NDArray[np.uint8]:
    """Give each superpixel the class of most stroke pixels in it.

    Parameters
    ----------
    strokes
        Class ids up to 255, 0 where nobody painted.
    superpixels
        Their ids, of the same shape.

    Returns
    -------
    ndarray
        Class ids; 0 in superpixels without strokes. Of as many pixels of two classes the lower id
        wins.

    Raises
    ------
    AnnotationError
        If the shapes differ.
    """
    if strokes.shape != superpixels.shape:
        raise AnnotationError(
            f"the strokes have the shape {strokes.shape}, the superpixels {superpixels.shape}: "
            "give both of the same plane"
        )
    ids, places = compact_ids(superpixels)
    painted = strokes.ravel() > 0
    classes, which = np.unique(strokes.ravel()[painted], return_inverse=True)
    if not len(classes):
        return np.zeros(strokes.shape, np.uint8)
    pairs = places[painted] * len(classes) + which
    votes = np.bincount(pairs, minlength=len(ids) * len(classes)).reshape(len(ids), len(classes))
    winners = np.where(votes.any(1), classes[votes.argmax(1)], 0).astype(np.uint8)
    return winners[places].reshape(strokes.shape)


@dataclass(frozen=True)
class Superpixels(PlaneLabeller):
    """Strokes that spread to the superpixels they touch; all else stays unlabelled.

    Attributes
    ----------
    size, compactness, sigma
        See `superpixels`.
    """

    fills: ClassVar[bool] = False
    size: Annotated[int, bounds(2, 1024, 2, "Edge of a superpixel in pixels, about")] = SIZE
    compactness: Annotated[
        float, bounds(0.01, 1000.0, 1.0, "What distance counts against colour")
    ] = COMPACTNESS
    sigma: Annotated[float, bounds(0.0, 50.0, 0.5, "Smoothing before, in pixels")] = SIGMA

    def label(self, pixels: NDArray[Any], strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Label the superpixels with strokes; see `PlaneLabeller`."""
        return snap_strokes(strokes, superpixels(pixels, self.size, self.compactness, self.sigma))
