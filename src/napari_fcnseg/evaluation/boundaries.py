"""Whether the borders of classes are where they should be."""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

Mask = NDArray[np.bool_]
SHIFTED = 5  # pixels up to which shifted copies are faster than a distance transform


def boundary_counts(
    truth: NDArray[np.integer],
    found: NDArray[np.integer],
    classes: int,
    tolerance: float,
    inside: tuple[slice, slice],
) -> NDArray[np.int64]:
    """Count pixels of borders that have a counterpart near by.

    The border of a class is those of its pixels of which one of the four neighbours is labelled
    as something else. Unlabelled pixels have no border, also where something was found.

    Parameters
    ----------
    truth, found
        Class indices, shape ``(Y, X)``; -1 where the truth is unlabelled. `found` may have
        indices of no class.
    classes
        How many there are.
    tolerance
        Pixels, Euclidean, that a counterpart may be away.
    inside
        What is counted; around it as many pixels as `tolerance` and one more are looked at.

    Returns
    -------
    ndarray
        Shape ``(classes, 4)``: border pixels found, those of them that are right, true ones,
        and those of them that were found.
    """
    labelled = truth >= 0
    counts = np.zeros((classes, 4), np.int64)
    for index in range(classes):
        borders = [_border((a == index) & labelled, labelled) for a in (found, truth)]
        near = [_near(border, tolerance) for border in borders]
        of_found, of_truth = (border[inside] for border in borders)
        counts[index] = [
            of_found.sum(),
            (of_found & near[1][inside]).sum(),
            of_truth.sum(),
            (of_truth & near[0][inside]).sum(),
        ]
    return counts


def boundary_f(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """F-score of the borders of each class (Csurka et al. 2013); NaN where it has none at all.

    Parameters
    ----------
    counts
        Sums of `boundary_counts`.
    """
    found, right, truth, hit = np.asarray(counts, np.float64).T
    precision = right / np.maximum(found, 1)
    recall = hit / np.maximum(truth, 1)
    both = precision + recall
    scores: NDArray[np.float64] = np.full(len(counts), np.nan)
    scores[(found > 0) | (truth > 0)] = 0.0
    np.divide(2 * precision * recall, both, out=scores, where=both > 0)
    return scores


def _border(mask: Mask, labelled: Mask) -> Mask:
    other = labelled & ~mask
    beside = np.zeros_like(mask)
    beside[1:] |= other[:-1]
    beside[:-1] |= other[1:]
    beside[:, 1:] |= other[:, :-1]
    beside[:, :-1] |= other[:, 1:]
    border: Mask = mask & beside
    return border


def _near(border: Mask, tolerance: float) -> Mask:
    """Pixels that are no farther than `tolerance` from a border."""
    if not border.any():
        return border
    if tolerance > SHIFTED:
        far: Mask = distance_transform_edt(~border) <= tolerance
        return far
    reach = int(tolerance)
    height, width = border.shape
    wide = np.pad(border, reach)
    near = np.zeros_like(border)
    for y, x in product(range(2 * reach + 1), repeat=2):
        if (y - reach) ** 2 + (x - reach) ** 2 <= tolerance**2:
            near |= wide[y : y + height, x : x + width]
    return near
