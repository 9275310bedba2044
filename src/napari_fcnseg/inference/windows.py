"""Sums over square windows of a plane that comes in pieces.

Windows begin on a grid, and the last ones end where the plane ends. Their borders divide the
plane into cells; only the sums of cells are kept.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

STEPS = 8  # places of a window for each of its edges
Span = tuple[int, int]


class AxisWindows:
    """Windows along one axis of `n` pixels; a single one where the axis is shorter than `edge`.

    Attributes
    ----------
    edge
        Pixels of a window.
    starts
        Where they begin, in ascending order.
    """

    def __init__(self, n: int, edge: int) -> None:
        self.edge = min(edge, n)
        last = n - self.edge
        self.starts = np.unique([*range(0, last, max(1, edge // STEPS)), last])
        self._borders = np.unique([0, *self.starts, *(self.starts + self.edge), n])
        self.cells = len(self._borders) - 1

    def divide(self, span: Span) -> tuple[slice, NDArray[np.intp]]:
        """Return which cells a span touches, and where in it they begin."""
        first = np.searchsorted(self._borders, span[0], "right") - 1
        end = np.searchsorted(self._borders, span[1], "left")
        return slice(first, end), np.maximum(self._borders[first:end] - span[0], 0)

    def sums(self, cells: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
        """Return the sums of windows from those of cells along an axis."""
        running = np.insert(cells.cumsum(axis), 0, 0, axis)
        low = np.searchsorted(self._borders, self.starts)
        high = np.searchsorted(self._borders, self.starts + self.edge)
        windows: NDArray[np.int64] = running.take(high, axis) - running.take(low, axis)
        return windows

    def touching(self, number: int) -> slice:
        """Return which windows share pixels with one of them."""
        at = self.starts[number]
        first = np.searchsorted(self.starts, at - self.edge, "right")
        return slice(int(first), int(np.searchsorted(self.starts, at + self.edge, "left")))


class PlaneSums:
    """Sums of whole numbers over the windows of a plane; the same in whatever order they come.

    Parameters
    ----------
    y, x
        Windows along the axes.
    layers
        How many numbers each pixel has.
    """

    def __init__(self, y: AxisWindows, x: AxisWindows, layers: int) -> None:
        self._y, self._x, self.pixels = y, x, 0
        self._cells = np.zeros((layers, y.cells, x.cells), np.int64)

    def add(self, rows: Span, columns: Span, values: NDArray[np.int64]) -> None:
        """Add a piece, shape ``(layers, rows, columns)``."""
        (down, tops), (across, lefts) = self._y.divide(rows), self._x.divide(columns)
        sums = np.add.reduceat(np.add.reduceat(values, lefts, 2), tops, 1)
        self._cells[:, down, across] += sums
        self.pixels += values[0].size

    def windows(self) -> NDArray[np.int64]:
        """Return the sums, shape ``(layers, windows along Y, windows along X)``."""
        return self._x.sums(self._y.sums(self._cells, 1), 2)


def best_windows(
    scores: NDArray[np.int64], allowed: NDArray[np.bool_], y: AxisWindows, x: AxisWindows, most: int
) -> Iterator[tuple[int, int]]:
    """Yield windows that share no pixel, the best first: greedy non-maximum suppression.

    Parameters
    ----------
    scores
        Of each window, from 0 on.
    allowed
        Which windows may be taken.
    y, x
        Windows along the axes.
    most
        How many are wanted.

    Yields
    ------
    tuple of int
        Number of the window along Y and X; of equal ones the uppermost, then the leftmost.
    """
    left = np.where(allowed, scores, -1)
    for _ in range(most):
        row, column = (int(i) for i in np.unravel_index(left.argmax(), left.shape))
        if left[row, column] < 0:
            return
        yield row, column
        left[y.touching(row), x.touching(column)] = -1
