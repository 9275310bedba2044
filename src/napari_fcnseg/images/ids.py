"""Ids of objects in a block, as places in a short list of them."""

import numpy as np
from numpy.typing import NDArray

TABLE = 2**24  # ids up to which a table is faster than sorting


def compact_ids(ids: NDArray[np.integer]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the ids that occur, sorted, and the place of each pixel's id among them.

    Parameters
    ----------
    ids
        0 or larger, of any shape.

    Returns
    -------
    ids : ndarray
        uint64, shape ``(n,)``.
    places : ndarray
        int64, shape ``(pixels,)``.
    """
    flat = ids.ravel()
    most = int(flat.max()) if flat.size else 0
    if most >= TABLE:
        found, places = np.unique(flat, return_inverse=True)
        return found.astype(np.uint64), places.ravel().astype(np.int64)
    there = np.zeros(most + 1, bool)
    there[flat] = True
    place_of = np.cumsum(there) - 1
    return np.flatnonzero(there).astype(np.uint64), place_of[flat]
