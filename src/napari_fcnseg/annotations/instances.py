"""Labels in which each object has its own id, as classes: inside and border of objects.

Insides have the class id 1 and borders 2, as if a person had painted them. What is no object
is unlabelled, or the background with the id 0, as for any other labels (``unpainted``).
"""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fcnseg.annotations.border_weights import (
    border_weights,
    gap_width,
    number_objects,
    weight_reach,
)
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.planewise import PlaneWise
from napari_fcnseg.annotations.points import Points
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

WIDTH = 2  # of borders, in pixels
MOST_WIDTH = 100
INSIDE, BORDER = default_class(1, "inside"), default_class(2, "border")


@dataclass(frozen=True)
class Instances:
    """Labels in which each object has its own id, to learn insides and borders from.

    In each plane, of Y and X, with distances between the middles of pixels: a pixel of an
    object is `border` if what is not this object is at most `border` pixels away, else
    `inside`. The edge of the image is no border. A pixel between objects is `border`, too, if
    its distances to the nearest and to the second nearest one add up to at most
    ``2 * border``: gaps of less than twice the width, with the corners before them. Objects of
    up to twice the width are `border` throughout.

    Attributes
    ----------
    ids
        A path, an array or an `Image`: whole numbers of any size, 0 where no object is.
    border
        Width of borders in pixels, 1 to 100.

    Raises
    ------
    AnnotationError
        If the width is another, or `ids` are points.
    """

    ids: Any
    border: int = WIDTH

    def __post_init__(self) -> None:
        width = self.border
        if isinstance(width, bool) or not isinstance(width, int) or not 1 <= width <= MOST_WIDTH:
            raise AnnotationError(
                f"borders of instances with a width of {width!r}: give a whole number of pixels "
                f"from 1 to {MOST_WIDTH}"
            )
        points = isinstance(self.ids, Points) and self.ids.name
        if isinstance(self.ids, str | Path) and Path(self.ids).suffix.lower() == ".csv":
            points = str(self.ids)
        if points:
            raise AnnotationError(
                f"{points} as instances: points have no border; give labels in which each object "
                "has its own id, or leave out Instances (--instances)"
            )


def instance_labels(ids: Image, width: int) -> Image:
    """Lazy class ids of instances, 0 where no object is; see `Instances`."""
    classes = PlaneWise(ids, partial(inside_and_border, width=width), 2 * width, np.uint8)
    return Image(classes, ids.kept, name=ids.name)


def instance_weights(ids: Image, width: int, w0: float, sigma: float) -> Image:
    """Lazy `border_weights` of instances, as float32.

    Borders are taken off the objects first, as the separating borders in the paper: objects that
    touch have a gap of twice `width` pixels, in which the weight is high.
    """

    def compute(plane: NDArray[Any]) -> NDArray[np.float64]:
        numbers = number_objects(plane)
        numbers[_ends_within(numbers, width)] = 0
        return border_weights(numbers, w0, sigma)

    margin = math.floor(weight_reach(w0, sigma)) + width
    return Image(PlaneWise(ids, compute, margin, np.float32), ids.kept, name=ids.name)


def inside_and_border(ids: NDArray[Any], width: int) -> NDArray[np.uint8]:
    """Class ids of the objects of one plane, shape ``(Y, X)``; see `Instances`."""
    numbers = number_objects(ids)
    classes = np.where(numbers > 0, INSIDE.id, 0).astype(np.uint8)
    between = gap_width(numbers, 2 * width) < np.inf
    classes[between | ((numbers > 0) & _ends_within(numbers, width))] = BORDER.id
    return classes


def _ends_within(numbers: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    """Whether a pixel is at most `width` pixels away from one with another number."""
    height = len(numbers)
    rows = np.pad(numbers, ((width, width), (0, 0)), "edge")  # repeats what is nearer anyway
    lowest, highest = numbers, numbers
    for below in range(-width, width + 1):
        row = rows[width + below : width + below + height]
        across = 2 * math.isqrt(width**2 - below**2) + 1
        low, high = (
            extreme(row, across, axis=1, mode="nearest")
            for extreme in (ndimage.minimum_filter1d, ndimage.maximum_filter1d)
        )
        lowest, highest = np.minimum(lowest, low), np.maximum(highest, high)
    ends: NDArray[np.bool_] = lowest != highest
    return ends
