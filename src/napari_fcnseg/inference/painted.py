"""Which pixels a person has labelled already."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fcnseg.annotations.annotation import Annotation, open_labels
from napari_fcnseg.annotations.points import Points
from napari_fcnseg.annotations.written import read_written
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

NEAR = 4  # pixels around a stroke that need no second one


class Painted:
    """Labelled pixels of an image, read window by window.

    Parameters
    ----------
    read
        Returns which pixels of a window are labelled; it may reach beyond the image.
    """

    def __init__(self, read: Callable[[Spans], NDArray[np.bool_]]) -> None:
        self.read = read

    def near(self, spans: Spans) -> NDArray[np.bool_]:
        """Which pixels are labelled, or within `NEAR` pixels along Y and X of one that is."""
        grown = tuple((start - NEAR, stop + NEAR) for start, stop in spans[-2:])
        labelled = self.read((*spans[:-2], *grown))
        if labelled.any():
            size = [1] * (labelled.ndim - 2) + [2 * NEAR + 1] * 2
            labelled = ndimage.maximum_filter(labelled, size)
        return labelled[..., NEAR:-NEAR, NEAR:-NEAR]


def open_painted(annotation: Any, image: Image) -> Painted:
    """Open what is labelled of `image`; ``None`` is nothing.

    Parameters
    ----------
    annotation
        An `Annotation`, or labels or points as in `open_annotation`; labels may be empty, and
        have more ids than a network could learn.
    image
        What was painted on.

    Raises
    ------
    AnnotationError
        If it does not fit the image.
    """
    if annotation is None:
        return Painted(lambda spans: np.zeros([stop - start for start, stop in spans], bool))
    if isinstance(annotation, Annotation):
        open_labels(annotation.labels, image)
        return Painted(lambda spans: annotation.read_ids(spans) >= 0)
    given = read_written(annotation)
    labels = given.labels(image) if isinstance(given, Points) else open_labels(given, image)
    return Painted(lambda spans: labels.read(spans)[0] != 0)


def painted_from(painted: Painted, corner: Sequence[int]) -> Painted:
    """Return what is labelled of a part of an image, whose pixels are counted from `corner`."""

    def read(spans: Spans) -> NDArray[np.bool_]:
        along = zip(spans, corner, strict=True)
        return painted.read(tuple((start + by, stop + by) for (start, stop), by in along))

    return Painted(read)
