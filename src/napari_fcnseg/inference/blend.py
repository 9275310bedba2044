"""Tiles of a network that is not exact: they overlap and fade into each other.

A tile counts fully inside its core and fades over the borders that it shares with others, as
the square of a cosine: both sides of a border add up to one. Weights are normalised all the
same, for the last tiles, which may be narrower than what fades.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.inference.plan import Plan, Tile

KEPT = 2**28  # bytes of results that wait for their neighbours


Result = Callable[[int], NDArray[np.float32]]


class Blender:
    """Probabilities of a tile, blended with those of its neighbours.

    The result of a tile is the same in whatever order tiles are asked for. Neighbours are kept
    as long as there is room, and else computed again: at most three times in two dimensions.

    Parameters
    ----------
    tiles
        A plan that blends.
    classes
        How many there are.
    run
        Gives the probabilities of a tile, ``(classes, *core)``.
    """

    def __init__(
        self, tiles: Plan, classes: int, run: Callable[[Tile], NDArray[np.float32]]
    ) -> None:
        self._tiles, self._classes, self._run = tiles, classes, run
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, number: int) -> NDArray[np.float32]:
        """Return ``(classes, *core)`` of a tile."""
        return blend(self._tiles, number, self._classes, self._result)

    def _result(self, number: int) -> NDArray[np.float32]:
        with self._lock:
            found = self._kept.pop(number, None)
            if found is None:
                found = self._run(self._tiles.grown(number))
            self._kept[number] = found
            while len(self._kept) * found.nbytes > KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return found


def neighbours(tiles: Plan, number: int) -> list[int]:
    """Tiles that fade into a tile, and itself; as numbers, in ascending order."""
    counts = tiles.cores.counts
    near = [
        [n for n in ((i - 1, i, i + 1) if fades else (i,)) if 0 <= n < count]
        for i, count, fades in zip(
            np.unravel_index(number, counts), counts, tiles.fades, strict=True
        )
    ]
    return [int(np.ravel_multi_index(place, counts)) for place in product(*near)]


def blend(tiles: Plan, number: int, classes: int, result: Result) -> NDArray[np.float32]:
    """Mean of what a tile and its neighbours say of its core, by their weights.

    Parameters
    ----------
    tiles
        A plan that blends.
    number
        Of the tile.
    classes
        How many there are.
    result
        Gives the probabilities of a grown tile by its number, ``(classes, *core)``.
    """
    core = tiles[number].core
    weights = np.zeros([b - a for a, b in core], np.float32)
    total = np.zeros((classes, *weights.shape), np.float32)
    for other in neighbours(tiles, number):
        wide = tiles.grown(other)
        shared = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(core, wide.core, strict=True)]
        if any(a >= b for a, b in shared):
            continue
        here = _inside(shared, wide.core)
        there = _inside(shared, core)
        weight = _weight(tiles, other)[here]
        total[(slice(None), *there)] += result(other)[(slice(None), *here)] * weight
        weights[there] += weight
    total /= weights
    return total


def _inside(spans: Sequence[tuple[int, int]], of: Spans) -> tuple[slice, ...]:
    """Where spans lie, seen from the start of others."""
    return tuple(slice(a - first, b - first) for (a, b), (first, _) in zip(spans, of, strict=True))


def _weight(tiles: Plan, number: int) -> NDArray[np.float32]:
    """Weights of a grown tile: a product of ramps."""
    tile, wide = tiles[number], tiles.grown(number)
    weight = np.ones((), np.float32)
    for core, span in zip(tile.core, wide.core, strict=True):
        ramp = np.ones(span[1] - span[0], np.float32)
        for border, fade in ((core[0], core[0] - span[0]), (core[1], span[1] - core[1])):
            if fade:
                inwards = 1 if border == core[0] else -1
                depth = (np.arange(*span) + 0.5 - border) * inwards / fade
                ramp *= np.sin(np.pi / 4 * (1 + np.clip(depth, -1, 1))) ** 2
        weight = weight[..., None] * ramp
    return weight
