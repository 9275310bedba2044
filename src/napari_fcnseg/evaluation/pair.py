"""A segmentation and its truth, read side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.annotations.annotation import open_labels
from napari_fcnseg.errors import AnnotationError, EvaluationError
from napari_fcnseg.evaluation.worst import CELL
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image

EDGE = 8 * CELL  # of the blocks that are read


@dataclass(frozen=True)
class Pair:
    """A segmentation and its truth, of one shape.

    Attributes
    ----------
    found
        Class ids, ids of objects, or with an axis C probabilities of classes.
    truth
        Over the kept axes of `found`.
    """

    found: Image
    truth: Image

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.found.name

    @property
    def blocks(self) -> Grid:
        """What is read at once: squares, plane by plane."""
        return self.found.blocks(EDGE)

    @property
    def planes(self) -> Iterator[Spans]:
        """Whole planes."""
        steps = (*[1] * (len(self.found.kept) - 2), *self.found.kept_shape[-2:])
        return iter(Grid(self.found.kept_shape, steps))


def open_pair(found: Any, truth: Any, axes: str | None = None) -> Pair:
    """Open a segmentation and its truth: paths, arrays or images.

    Raises
    ------
    EvaluationError
        If their shapes differ.
    """
    image = open_image(found, axes=axes)
    try:
        return Pair(image, open_labels(truth, image))
    except AnnotationError as error:
        raise EvaluationError(
            f"the truth does not fit the segmentation ({error}): give the truth of the same image"
        ) from error
