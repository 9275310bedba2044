"""Tiles of a network that is not exact: they overlap and fade into each other.

A tile counts fully inside its core and fades over the borders that it shares with others, as
the square of a cosine: both sides of a border add up to one. Weights are normalised all the
same, for the last tiles, which may be narrower than what fades.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.inference.plan import Plan, Tile

KEPT = 2**28  # bytes of results that wait for their neighbours


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
        counts = self._tiles.cores.counts
        at = np.unravel_index(number, counts)
        near = [
            [n for n in ((i - 1, i, i + 1) if fades else (i,)) if 0 <= n < count]
            for i, count, fades in zip(at, counts, self._tiles.fades, strict=True)
        ]
        core = self._tiles[number].core
        weights = np.zeros([b - a for a, b in core], np.float32)
        total = np.zeros((self._classes, *weights.shape), np.float32)
        for place in product(*near):
            other = int(np.ravel_multi_index(place, counts))
            wide = self._tiles.grown(other)
            shared = [
                (max(a, c), min(b, d)) for (a, b), (c, d) in zip(core, wide.core, strict=True)
            ]
            if any(a >= b for a, b in shared):
                continue
            here = tuple(
                slice(a - c, b - c) for (a, b), (c, _) in zip(shared, wide.core, strict=True)
            )
            there = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(shared, core, strict=True))
            weight = self._weight(other)[here]
            total[(slice(None), *there)] += self._result(other)[(slice(None), *here)] * weight
            weights[there] += weight
        total /= weights
        return total

    def _result(self, number: int) -> NDArray[np.float32]:
        with self._lock:
            found = self._kept.pop(number, None)
            if found is None:
                found = self._run(self._tiles.grown(number))
            self._kept[number] = found
            while len(self._kept) * found.nbytes > KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return found

    def _weight(self, number: int) -> NDArray[np.float32]:
        """Weights of a grown tile: a product of ramps."""
        tile, wide = self._tiles[number], self._tiles.grown(number)
        weight: NDArray[np.float32] = np.ones((), np.float32)
        for core, span in zip(tile.core, wide.core, strict=True):
            ramp = np.ones(span[1] - span[0], np.float32)
            for border, fade in ((core[0], core[0] - span[0]), (core[1], span[1] - core[1])):
                if fade:
                    inwards = 1 if border == core[0] else -1
                    depth = (np.arange(*span) + 0.5 - border) * inwards / fade
                    ramp *= np.sin(np.pi / 4 * (1 + np.clip(depth, -1, 1))) ** 2
            weight = weight[..., None] * ramp
        return weight
