"""How often pairs of values lie on one another in two images, counted block by block."""

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.ids import compact_ids

TABLE = 2**24  # pairs that are counted in a table; more are sorted
WAITING = 2**20  # pairs of single blocks that wait to be added up


class PairCounts:
    """Counts pairs of values, however many there are of each.

    Attributes
    ----------
    pairs
        Shape ``(2, n)``, sorted; see `add_up`.
    counts
        How often each occurs, shape ``(n,)``.
    """

    def __init__(self) -> None:
        self.pairs = np.empty((2, 0), np.uint64)
        self.counts = np.empty(0, np.int64)
        self._waiting: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []

    def add(self, first: NDArray[np.integer], second: NDArray[np.integer]) -> None:
        """Count the pairs of two arrays of one shape, of values that are 0 or larger."""
        rows, row_of = compact_ids(first)
        columns, column_of = compact_ids(second)
        pairs, counts = _count(row_of * len(columns) + column_of, len(rows) * len(columns))
        row, column = np.divmod(pairs, max(1, len(columns)))
        self._waiting.append((np.stack([rows[row], columns[column]]), counts))
        if sum(len(waiting) for _, waiting in self._waiting) > WAITING:
            self.add_up()

    def add_up(self) -> None:
        """Bring `pairs` and `counts` up to date."""
        pairs = np.concatenate([self.pairs, *(pairs for pairs, _ in self._waiting)], axis=1)
        counts = np.concatenate([self.counts, *(counts for _, counts in self._waiting)])
        self._waiting.clear()
        order = np.lexsort(pairs[::-1])
        pairs, counts = pairs[:, order], counts[order]
        new = np.ones(len(counts), bool)
        new[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
        first = np.flatnonzero(new)
        self.pairs = pairs[:, first]
        self.counts = np.add.reduceat(counts, first) if len(first) else counts


def _count(codes: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Codes below `most` that occur, and how often."""
    if most > TABLE:
        found, counts = np.unique(codes, return_counts=True)
        return found, counts
    table = np.bincount(codes, minlength=most)
    found = np.flatnonzero(table)
    return found, table[found]
