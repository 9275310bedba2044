"""Regions with the most wrong pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.grid import Spans

CELL = 128  # pixels; large enough to see what is around an error
PER_PLANE = 2  # of a stack: neighbours are wrong in the same places


@dataclass(frozen=True)
class WorstRegion:
    """Where a segmentation is wrong.

    Attributes
    ----------
    image
        Number of the image.
    spans
        ``(start, stop)`` in pixels, along the kept axes.
    wrong
        Wrong pixels in it.
    """

    image: int
    spans: Spans
    wrong: int

    def where(self, axes: str) -> str:
        """Tell its place along the axes, for people."""
        along = zip(axes, self.spans, strict=True)
        return ", ".join(f"{a} {i}" if j - i == 1 else f"{a} {i}-{j}" for a, (i, j) in along)

    @property
    def share(self) -> float:
        """Part of its pixels that are wrong."""
        return self.wrong / int(np.prod([stop - start for start, stop in self.spans]))


class WorstRegions:
    """Finds the squares of a fixed grid with the most wrong pixels, as blocks come.

    Parameters
    ----------
    most
        How many are wanted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: dict[tuple[int, Plane], list[WorstRegion]] = {}

    def add(self, image: int, spans: Spans, wrong: NDArray[np.bool_]) -> None:
        """Look at the wrong pixels ``(Y, X)`` of a block that begins on the grid."""
        *leading, (top, bottom), (left, right) = spans
        rows, columns = (np.arange(0, n, CELL) for n in wrong.shape)
        counts = np.add.reduceat(np.add.reduceat(wrong.astype(np.int64), rows, 0), columns, 1)
        plane = tuple(start for start, _ in leading)
        found = self._found.setdefault((image, plane), [])
        for row, column in np.argwhere(counts):
            y, x = top + row * CELL, left + column * CELL
            region = (*leading, (int(y), int(min(y + CELL, bottom))))
            region = (*region, (int(x), int(min(x + CELL, right))))
            found.append(WorstRegion(image, region, int(counts[row, column])))
        found.sort(key=lambda r: -r.wrong)
        del found[self._most :]

    def result(self) -> list[WorstRegion]:
        """Return the worst regions, worst first; few of one plane where there are others."""
        first = [r for found in self._found.values() for r in found[:PER_PLANE]]
        others = [r for found in self._found.values() for r in found[PER_PLANE:]]
        first.sort(key=lambda r: -r.wrong)
        others.sort(key=lambda r: -r.wrong)
        chosen = (first + others)[: self._most]
        return sorted(chosen, key=lambda r: -r.wrong)
