"""Objects that grow from their seeds, pixel by pixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def grow(
    seeds: NDArray[np.integer],
    foreground: NDArray[np.bool_],
    rounds: int,
    along: Sequence[bool],
) -> NDArray[np.int64]:
    """Give foreground to the nearest seed: a watershed of the distance from the seeds.

    In each round a pixel of the foreground that touches an object with a face joins it; of several
    the one with the smallest number. Distances are so city-block ones through the foreground, and
    what becomes of a pixel is decided by what is no farther than `rounds` from it: a block with
    that many pixels around it gives what the whole image would give.

    Parameters
    ----------
    seeds
        Numbers of objects, 0 where there is none.
    foreground
        Where they may grow, of the same shape.
    rounds
        How many pixels, at most.
    along
        Of each axis, whether they grow along it.

    Returns
    -------
    ndarray
        Numbers of objects; foreground that no seed has reached stays 0.
    """
    found = seeds.astype(np.int64)
    none = np.iinfo(np.int64).max
    free = foreground & (found == 0)
    for _ in range(rounds):
        nearest = np.full(found.shape, none)
        for axis in (i for i, across in enumerate(along) if across):
            for here, there in (
                (slice(1, None), slice(None, -1)),
                (slice(None, -1), slice(1, None)),
            ):
                at = (slice(None),) * axis
                beside = found[(*at, there)]
                view = nearest[(*at, here)]
                np.minimum(view, np.where(beside > 0, beside, none), out=view)
        joins = free & (nearest < none)
        if not joins.any():
            break
        found[joins] = nearest[joins]
        free &= ~joins
    return found
