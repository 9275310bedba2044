"""Size, place and shape of objects, summed up block by block."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.ids import compact_ids

WAITING = 2**16  # objects of single blocks that wait to be added up
CORNERS = np.array([[10, 2, 10], [2, 1, 2], [10, 2, 10]])  # what neighbours of an outline count
STRAIGHT, DIAGONAL, MIXED = (5, 7, 15, 17, 25, 27), (21, 33), (13, 23)  # sums of them
LENGTHS = np.array([1.0, 2**0.5, (1 + 2**0.5) / 2])  # that such a pixel adds to an outline
MARGIN = 2  # pixels around a block that outlines in it depend on


class Moments:
    """Sums over the pixels of each object: exact, in whole numbers where they are.

    Parameters
    ----------
    rank
        Number of axes of space.
    channels
        Of the image whose intensity is measured; 0: none is.

    Attributes
    ----------
    ids
        Of the objects, sorted.
    pixels
        How many each has.
    low, high
        Its bounding box, shape ``(n, rank)``; `high` is behind the last pixel.
    sums, products
        Of positions, shape ``(n, rank)``, and of their products, ``(n, rank, rank)``.
    outline
        How many pixels add each of `LENGTHS` to its outline, shape ``(n, 3)``; none in 3D.
    bright, squares
        Sums of intensities and of their squares, shape ``(n, channels)``.
    """

    def __init__(self, rank: int, channels: int = 0) -> None:
        self._rank, self._channels = rank, channels
        self._waiting: list[tuple[NDArray[Any], ...]] = []
        self.ids = np.empty(0, np.uint64)
        self.pixels = np.empty(0, np.int64)
        self.low = self.high = self.sums = np.empty((0, rank), np.int64)
        self.products = np.empty((0, rank, rank), np.int64)
        self.outline = np.empty((0, len(LENGTHS)), np.int64)
        self.bright = self.squares = np.empty((0, channels))

    def add(
        self,
        ids: NDArray[np.integer],
        corner: Sequence[int],
        intensity: NDArray[np.floating] | None = None,
        outline: NDArray[np.integer] | None = None,
    ) -> None:
        """Take in a block.

        Parameters
        ----------
        ids
            Ids of the objects, 0 for none, one axis for each of space.
        corner
            Where the block begins.
        intensity
            Shape ``(channels, *ids.shape)``.
        outline
            What each pixel adds to the outline, see `outline_kinds`.
        """
        there = np.nonzero(ids)
        if not len(there[0]):
            return
        found, at = compact_ids(ids[there])
        n = len(found)
        low, high = np.empty((2, n, self._rank), np.int64)
        sums = np.empty((n, self._rank), np.int64)
        products = np.empty((n, self._rank, self._rank), np.int64)
        pixels = np.bincount(at, minlength=n)
        for axis, along in enumerate(there):
            low[:, axis] = np.iinfo(np.int64).max
            np.minimum.at(low[:, axis], at, along)
            high[:, axis] = -1
            np.maximum.at(high[:, axis], at, along)
            sums[:, axis] = np.bincount(at, along, n)
            for other in range(axis + 1):
                products[:, axis, other] = np.bincount(at, along * there[other], n)
                products[:, other, axis] = products[:, axis, other]
        start = np.array(corner, np.int64)
        # From positions in the block to those in the image.
        products += (
            sums[:, :, None] * start[None, None, :] + start[None, :, None] * sums[:, None, :]
        )
        products += pixels[:, None, None] * start[:, None] * start[None, :]
        sums += pixels[:, None] * start
        kinds = np.zeros(len(at), np.int64) if outline is None else outline[there]
        outlines = np.bincount(at * 4 + kinds, minlength=4 * n).reshape(n, 4)[:, 1:]
        bright, squares = np.zeros((2, n, self._channels))
        for channel, pixel in enumerate([] if intensity is None else intensity):
            values = pixel[there]
            bright[:, channel] = np.bincount(at, values, n)
            squares[:, channel] = np.bincount(at, values * values, n)
        block = (found, pixels, low + start, high + 1 + start, sums, products, outlines, bright)
        self._waiting.append((*block, squares))
        if sum(len(waiting[0]) for waiting in self._waiting) > WAITING:
            self.finish()

    def finish(self) -> None:
        """Add up what was taken in."""
        kept = (self.ids, self.pixels, self.low, self.high, self.sums, self.products)
        parts = [(*kept, self.outline, self.bright, self.squares), *self._waiting]
        self._waiting.clear()
        all_ids, pixels, low, high, *others = (np.concatenate(c) for c in zip(*parts, strict=True))
        self.ids, at = np.unique(all_ids, return_inverse=True)
        n = len(self.ids)
        self.pixels = np.zeros(n, np.int64)
        np.add.at(self.pixels, at, pixels)
        self.low = np.full((n, self._rank), np.iinfo(np.int64).max)
        np.minimum.at(self.low, at, low)
        self.high = np.full((n, self._rank), -1, np.int64)
        np.maximum.at(self.high, at, high)
        added = []
        for values in others:
            total = np.zeros((n, *values.shape[1:]), values.dtype)
            np.add.at(total, at, values)
            added.append(total)
        self.sums, self.products, self.outline, self.bright, self.squares = added


def outline_kinds(ids: NDArray[np.integer]) -> NDArray[np.int64]:
    """Tell what each pixel adds to the length of the outline of its object.

    Benkrid and Crookes' estimate, as `skimage.measure.perimeter` with four neighbours.

    Parameters
    ----------
    ids
        Shape ``(Y, X)``; the outermost 2 pixels are looked at, and get no value of their own.

    Returns
    -------
    ndarray
        0 for nothing, 1 to 3 for `LENGTHS`; of the same shape.
    """
    edge = np.zeros(ids.shape, bool)
    inner = (slice(1, -1), slice(1, -1))
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        edge[inner] |= ids[inner] != _shifted(ids, y, x)
    edge &= ids > 0
    counts = np.zeros(ids.shape, np.int64)
    for (y, x), weight in np.ndenumerate(CORNERS):
        same = (ids[inner] == _shifted(ids, y, x)) & _shifted(edge, y, x)
        counts[inner] += weight * same
    table = np.zeros(CORNERS.sum() + 1, np.int64)
    for kind, numbers in enumerate((STRAIGHT, DIAGONAL, MIXED), 1):
        table[list(numbers)] = kind
    kinds: NDArray[np.int64] = table[counts] * edge
    return kinds


def _shifted(values: NDArray[Any], y: int, x: int) -> NDArray[Any]:
    height, width = values.shape
    return values[y : height - 2 + y, x : width - 2 + x]
