"""Simulated strokes: what a person with a brush would paint, drawn from dense truth."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def simulate_strokes(
    truth: NDArray[np.integer],
    planes: Iterable[int],
    share: float = 0.02,
    length: int = 60,
    width: int = 3,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Draw strokes along the middle lines of the objects, without mistakes.

    Parameters
    ----------
    truth
        Dense class ids, shape ``(Z, Y, X)``; 0 is never painted.
    planes
        Slices to paint on.
    share
        Part of each painted slice that gets painted, in equal parts for its classes.
    length, width
        Longest stroke and width of the brush, in pixels. A stroke does not leave its
        class, so it is thinner where the object is.
    seed
        The same seed paints the same strokes.

    Returns
    -------
    ndarray
        Strokes as class ids, 0 elsewhere; shape of `truth`, uint8.
    """
    rng = np.random.default_rng(seed)
    painted = np.zeros(truth.shape, np.uint8)
    brush = np.hypot(*np.mgrid[-width : width + 1, -width : width + 1]) <= width / 2
    for plane in planes:
        classes = [c for c in np.unique(truth[plane]).tolist() if c]
        wanted = share * truth[plane].size / max(1, len(classes))
        for c in classes:
            region = truth[plane] == c
            middle = skeletonize(region)
            strokes = np.zeros(region.shape, bool)
            while middle.any() and strokes.sum() < wanted:
                line = np.zeros(region.shape, bool)
                line[tuple(np.transpose(_walk(middle, length, rng)))] = True
                middle &= ~line
                strokes |= ndimage.binary_dilation(line, brush) & region
            painted[plane][strokes] = c
    return painted


def _walk(
    middle: NDArray[np.bool_], length: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Follow a skeleton from a random pixel for up to `length` pixels, never turning back."""
    starts = np.argwhere(middle)
    y, x = (int(v) for v in starts[rng.integers(len(starts))])
    path, seen = [(y, x)], {(y, x)}
    while len(path) < length:
        steps = [
            (y + dy, x + dx)
            for dy, dx in NEIGHBOURS
            if 0 <= y + dy < middle.shape[0]
            and 0 <= x + dx < middle.shape[1]
            and middle[y + dy, x + dx]
            and (y + dy, x + dx) not in seen
        ]
        if not steps:
            break
        seen.update(steps)  # the ones not taken too, so that the path does not curl up
        y, x = steps[rng.integers(len(steps))]
        path.append((y, x))
    return path
