"""Which tiles of a prediction are done, plane by plane."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.inference.plan import Plan

TODO, IN_WORK, DONE = range(3)


@dataclass(frozen=True)
class Tally:
    """How far a prediction is.

    Attributes
    ----------
    states
        `TODO`, `IN_WORK` or `DONE`: of the tiles of one plane, in rows and columns; or of all
        planes, in one row, where each is a single tile.
    plane
        Number of that plane, from 0.
    done, planes
        How many planes are done, and how many there are.
    """

    states: NDArray[np.uint8]
    plane: int
    done: int
    planes: int

    @property
    def is_of_planes(self) -> bool:
        """Whether `states` are those of planes."""
        return self.planes > 1 and self.states.shape == (1, self.planes)


class TileTally:
    """Follows a prediction tile by tile.

    A plane is what of the image lies between the borders of tiles along T and Z: mostly one
    slice.

    Parameters
    ----------
    tiles
        The plan.
    todo
        Numbers of the tiles that are not done yet.
    """

    def __init__(self, tiles: Plan, todo: Sequence[int]) -> None:
        self._plan = tiles
        rows, columns = tiles.cores.counts[-2:]
        done = np.ones(len(tiles), bool)
        done[list(todo)] = False
        self._done = done.reshape(-1, rows, columns)
        self._left = (~self._done).sum((1, 2))
        self._plane = int(np.argmax(self._left > 0))

    def take(self, core: Spans) -> None:
        """Count a tile as done, told by its core."""
        along = zip(core, self._plan.region, self._plan.core, strict=True)
        at = [(start - first) // size for (start, _), (first, _), size in along]
        number = int(np.ravel_multi_index(at, self._plan.cores.counts))
        (*place,) = np.unravel_index(number, self._done.shape)
        if not self._done[tuple(place)]:
            self._done[tuple(place)] = True
            self._left[place[0]] -= 1
        self._plane = self._newest_open(int(place[0]))

    def _newest_open(self, plane: int) -> int:
        """Return the plane that is worked on: this one, or when it is done the first open one."""
        if self._left[plane]:
            return plane
        return int(np.argmax(self._left > 0)) if self._left.any() else plane

    def now(self) -> Tally:
        """Return how far it is; of the tiles that are left the first one is in work."""
        planes, rows, columns = self._done.shape
        alone = planes > 1 and rows * columns == 1
        done = self._done.reshape(1, planes) if alone else self._done[self._plane]
        states = np.where(done, DONE, TODO).astype(np.uint8)
        left = np.flatnonzero(~done)
        if len(left):
            states.ravel()[left[0]] = IN_WORK
        return Tally(states, self._plane, int((self._left == 0).sum()), planes)
