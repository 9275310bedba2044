"""Windows that reach beyond the image: what to read, and how to mirror it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reading:
    """A region inside an array, and for each axis the positions in it that make the window."""

    region: tuple[slice, ...]
    positions: tuple[NDArray[np.intp] | None, ...]

    def fill(self, block: NDArray[Any]) -> NDArray[Any]:
        """Make the window from the block that was read from `region`."""
        for axis, positions in enumerate(self.positions):
            if positions is not None:
                block = np.take(block, positions, axis=axis)
        return block


def mirrored_reading(spans: Sequence[tuple[int, int]], shape: Sequence[int]) -> Reading:
    """Plan the reading of a window, ``(start, stop)`` for each axis of an array of `shape`."""
    regions, positions = [], []
    for (start, stop), size in zip(spans, shape, strict=True):
        at = None if start >= 0 and stop <= size else mirrored(start, stop, size)
        if at is not None:
            start, stop = int(at.min()), int(at.max()) + 1
            at = at - start
        regions.append(slice(start, stop))
        positions.append(at)
    return Reading(tuple(regions), tuple(positions))


def mirrored(start: int, stop: int, size: int) -> NDArray[np.intp]:
    """Positions in ``0 .. size - 1`` of ``start .. stop - 1``, mirrored at both ends.

    The border pixel is not repeated, as in numpy's ``reflect``; an axis of one pixel
    repeats it.
    """
    if size == 1:
        return np.zeros(stop - start, np.intp)
    period = 2 * (size - 1)
    wrapped = np.arange(start, stop) % period
    return np.minimum(wrapped, period - wrapped)
