"""Floods from strokes that meet on edges."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from napari_fcnseg.classical.plane import normalise_plane
from napari_fcnseg.classical.stroke_method import PlaneLabeller
from napari_fcnseg.limits import bounds


@dataclass(frozen=True)
class Watershed(PlaneLabeller):
    """Watershed of the gradient with strokes as markers, by scikit-image.

    The watershed of Beucher and Lantuejoul 1979, flooded from markers by a queue as by Meyer 1991.

    Attributes
    ----------
    sigma
        Of the Gaussian whose derivative is the gradient, in pixels: the width of an edge. Finer
        ones are noise.
    """

    sigma: Annotated[float, bounds(0.3, 50.0, 0.5, "Width of an edge, in pixels")] = 1.0

    def label(self, pixels: NDArray[Any], strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Label all of a plane; see `PlaneLabeller`."""
        slopes = [
            ndimage.gaussian_gradient_magnitude(channel, self.sigma)
            for channel in normalise_plane(pixels)
        ]
        found: NDArray[np.uint8] = watershed(np.sqrt(np.square(slopes).sum(0)), strokes)
        return found.astype(np.uint8)
