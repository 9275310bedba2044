"""Which objects of two label images overlap, and by how many pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import EvaluationError

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Overlaps:
    """Sparse table of the overlaps of objects.

    Attributes
    ----------
    truth, found
        Pixels of each object, in the order of the ids.
    rows, columns
        Places in `truth` and in `found` of the pairs that overlap.
    pixels
        How many pixels each pair shares.
    """

    truth: NDArray[np.int64]
    found: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    pixels: NDArray[np.int64]


def overlaps(truth: Labels, found: Labels) -> Overlaps:
    """Count what objects share; the background, 0, is no object.

    Parameters
    ----------
    truth, found
        Ids of objects, of one shape and of any integer type.

    Raises
    ------
    EvaluationError
        If shapes differ, or an image holds something else than ids.
    """
    check_shapes(truth.shape, found.shape)
    _check_ids(truth, "truth")
    _check_ids(found, "segmentation")
    truth_ids, truth_areas = _areas(truth)
    found_ids, found_areas = _areas(found)
    both = (truth > 0) & (found > 0)
    # Places instead of ids, whose product might be too large for 64 bits.
    codes = np.searchsorted(truth_ids, truth[both]) * len(found_ids)
    codes += np.searchsorted(found_ids, found[both])
    pairs, pixels = np.unique(codes, return_counts=True)
    rows, columns = np.divmod(pairs, max(1, len(found_ids)))
    return Overlaps(truth_areas, found_areas, rows, columns, pixels)


def check_shapes(truth: tuple[int, ...], found: tuple[int, ...]) -> None:
    """Raise `EvaluationError` if the shapes differ."""
    if truth != found:
        raise EvaluationError(
            f"the truth has the shape {truth}, the segmentation {found}: score images of equal size"
        )


def _check_ids(image: Labels, name: str) -> None:
    if not np.issubdtype(image.dtype, np.integer) or (image.size and image.min() < 0):
        what = "negative values" if np.issubdtype(image.dtype, np.integer) else str(image.dtype)
        raise EvaluationError(
            f"the {name} holds {what}: give ids of objects as whole numbers, 0 for the background"
        )


def _areas(image: Labels) -> tuple[Labels, NDArray[np.int64]]:
    """Ids of the objects, and their pixels."""
    ids, areas = np.unique(image, return_counts=True)
    objects = ids > 0
    return ids[objects], areas[objects]
