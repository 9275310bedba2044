"""Regions that grow from strokes over pixels that look like them."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from napari_fcnseg.classical.plane import normalise_plane, smooth
from napari_fcnseg.classical.stroke_method import PlaneLabeller
from napari_fcnseg.limits import bounds

NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Growing(PlaneLabeller):
    """Seeded region growing by least cost, with scikit-image's paths of minimum cost.

    Regions of all classes grow at once, over what is most like the strokes that they began with:
    the criterion of Adams and Bischof 1994, the difference of a pixel from the mean of a region.
    Theirs takes pixels one by one and means change with each, so that the order decides; here the
    means are those of the strokes, and costs add up along a path as in the geodesic segmentation
    of Bai and Sapiro 2007, so that the result is the same in any order.

    Attributes
    ----------
    distance
        Cost of a pixel for its distance alone, beside the squared difference of its normalised
        grey values from the mean of the most similar stroke of the class. What is larger makes
        regions rounder.
    sigma
        Of a Gaussian over the image, in pixels.
    """

    distance: Annotated[float, bounds(1e-4, 10.0, 1e-3, "Cost of a pixel's distance")] = 1e-3
    sigma: Annotated[float, bounds(0.0, 50.0, 0.5, "Smoothing before, in pixels")] = 1.0

    def label(self, pixels: NDArray[Any], strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Label all of a plane; see `PlaneLabeller`."""
        seen = smooth(normalise_plane(pixels), self.sigma)
        found, least = strokes.copy(), np.full(strokes.shape, np.inf)
        for class_id in np.unique(strokes[strokes > 0]):
            painted = strokes == class_id
            costs = _difference(seen, painted) + self.distance
            costs[(strokes > 0) & ~painted] = np.inf  # strokes of other classes are walls
            total, _ = MCP_Geometric(costs).find_costs(np.argwhere(painted))
            nearer = (total < least) & (strokes == 0)
            found[nearer], least[nearer] = class_id, total[nearer]
        return found


def _difference(seen: NDArray[np.float64], painted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean squared difference of each pixel from the most similar of the strokes."""
    pieces, count = ndimage.label(painted, NEIGHBOURS)
    numbers = np.arange(1, count + 1)
    means = np.stack([ndimage.mean(channel, pieces, numbers) for channel in seen], 1)
    least = np.full(painted.shape, np.inf)
    for mean in np.unique(means, axis=0):
        np.minimum(least, ((seen - mean[:, None, None]) ** 2).mean(0), out=least)
    return least
