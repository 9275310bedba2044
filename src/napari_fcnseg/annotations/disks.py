"""Disks around points as an array that is drawn where it is read."""

import numpy as np
from numpy.typing import NDArray


class Disks:
    """Labels of any size in which only disks are labelled; later ones lie above.

    Parameters
    ----------
    positions
        Middles in pixels, shape ``(n, axes)``; a disk is in one plane, of Y and X.
    ids
        What is drawn, 1 to 255.
    radius
        Of all disks, or of each. The nearest pixel is drawn always.
    shape
        Of the array; all middles are in it.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        positions: NDArray[np.float64],
        ids: NDArray[np.int64],
        radius: float | NDArray[np.float64],
        shape: tuple[int, ...],
    ) -> None:
        self.shape = shape
        self._yx, self._ids = positions[:, -2:], ids
        self._radius = np.broadcast_to(radius, len(ids))
        self._planes = np.floor(positions[:, :-2] + 0.5).astype(np.int64)

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[np.uint8]:
        spans = [s.indices(n)[:2] for s, n in zip(region, self.shape, strict=True)]
        drawn = np.zeros([stop - start for start, stop in spans], np.uint8)
        first, last = np.array(spans).T
        shown = (self._planes >= first[:-2]) & (self._planes < last[:-2])
        reach = self._radius[:, None] + 1
        near = (self._yx >= first[-2:] - reach) & (self._yx < last[-2:] + reach)
        for number in np.flatnonzero(shown.all(axis=1) & near.all(axis=1)).tolist():
            plane = drawn[tuple(self._planes[number] - first[:-2])]
            _draw(plane, self._yx[number] - first[-2:], self._radius[number], self._ids[number])
        return drawn


def _draw(
    plane: NDArray[np.uint8], at: NDArray[np.float64], radius: np.floating, value: np.integer
) -> None:
    low = np.maximum(np.ceil(at - radius), 0).astype(int)
    high = np.maximum(np.minimum(np.floor(at + radius) + 1, plane.shape), low).astype(int)
    y, x = np.ogrid[low[0] : high[0], low[1] : high[1]]
    box = plane[low[0] : high[0], low[1] : high[1]]
    box[np.hypot(y - at[0], x - at[1]) <= radius] = value
    nearest = np.floor(at + 0.5).astype(int)
    if (nearest >= 0).all() and (nearest < plane.shape).all():
        plane[tuple(nearest)] = value
