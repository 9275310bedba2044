"""Which objects of two label images overlap, and by how many pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.images.pairs import PairCounts

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
    truth_ids, found_ids
        Ids of the objects.
    image
        Number of the image that each true object is in, where tables of several are joined.
    """

    truth: NDArray[np.int64]
    found: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    pixels: NDArray[np.int64]
    truth_ids: NDArray[np.uint64]
    found_ids: NDArray[np.uint64]
    image: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """Intersection over union of the pairs that overlap."""
        union = self.truth[self.rows] + self.found[self.columns] - self.pixels
        jaccard: NDArray[np.float64] = self.pixels / union
        return jaccard


class OverlapTally:
    """Counts what objects share, block by block of images that are too large for the memory."""

    def __init__(self) -> None:
        self._pairs = PairCounts()

    def add(self, truth: Labels, found: Labels) -> None:
        """Count a block; parameters and errors as `overlaps`."""
        check_shapes(truth.shape, found.shape)
        _check_ids(truth, "truth")
        _check_ids(found, "segmentation")
        self._pairs.add(truth, found)

    def table(self) -> Overlaps:
        """Return what was counted; the background, 0, is no object."""
        self._pairs.add_up()
        (truth, found), pixels = self._pairs.pairs, self._pairs.counts
        truth_ids, truth_areas = _areas(truth, pixels)
        found_ids, found_areas = _areas(found, pixels)
        both = (truth > 0) & (found > 0)
        rows = np.searchsorted(truth_ids, truth[both])
        columns = np.searchsorted(found_ids, found[both])
        ids, image = (truth_ids, found_ids), np.zeros(len(truth_ids), np.int64)
        return Overlaps(truth_areas, found_areas, rows, columns, pixels[both], *ids, image)


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
    tally = OverlapTally()
    tally.add(truth, found)
    return tally.table()


def join(tables: Sequence[Overlaps]) -> Overlaps:
    """Put the objects of several images, whose ids have nothing to do with each other, together."""
    truths = np.cumsum([0, *(len(t.truth) for t in tables)])
    founds = np.cumsum([0, *(len(t.found) for t in tables)])
    images = np.cumsum([0, *(t.image.max(initial=0) + 1 for t in tables)])
    return Overlaps(
        truth=_chain(t.truth for t in tables),
        found=_chain(t.found for t in tables),
        rows=_chain(t.rows + n for t, n in zip(tables, truths, strict=False)),
        columns=_chain(t.columns + n for t, n in zip(tables, founds, strict=False)),
        pixels=_chain(t.pixels for t in tables),
        truth_ids=_chain(t.truth_ids for t in tables),
        found_ids=_chain(t.found_ids for t in tables),
        image=_chain(t.image + n for t, n in zip(tables, images, strict=False)),
    )


def _chain(parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(list(parts))


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


def _areas(
    ids: NDArray[np.uint64], pixels: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Objects among the ids, and the pixels of each."""
    found, places = np.unique(ids, return_inverse=True)
    areas = np.zeros(len(found), np.int64)
    np.add.at(areas, places, pixels)
    objects = found > 0
    return found[objects], areas[objects]
