"""V_Rand and V_Info after thinning: the scores of the ISBI 2012 challenge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.overlaps import Labels, check_shapes, overlaps

THRESHOLDS = tuple(i / 10 for i in range(11))


@dataclass(frozen=True)
class RandAndInfo:
    """Scores of a membrane segmentation, higher is better.

    Attributes
    ----------
    v_rand, v_info
        0 to 1, each at its best threshold.
    rand_threshold, info_threshold
        That threshold, the lowest of several equal ones.
    """

    v_rand: float
    v_info: float
    rand_threshold: float
    info_threshold: float


def rand_and_info(
    probability: ArrayLike, truth: ArrayLike, thresholds: Sequence[float] = THRESHOLDS
) -> RandAndInfo:
    """Foreground-restricted V_Rand and V_Info after border thinning, at the best threshold.

    Arganda-Carreras et al. 2015, as their RandError in Fiji: where the probability is above
    a threshold is interior; a watershed floods all else from its 4-connected components until
    the borders between them are one pixel wide. These segments are compared with the
    4-connected components of the truth, on the foreground of the truth only; a border pixel
    there is a segment of its own. Scores are the mean over slices for each threshold, then the
    best over thresholds.

    Parameters
    ----------
    probability
        Of the interior of cells, 0 to 1, shape ``(Y, X)`` or ``(Z, Y, X)``.
    truth
        Not 0 in the interior of cells and 0 on membranes, of the same shape.
    thresholds
        To choose from.

    Returns
    -------
    RandAndInfo
        Each of the two at its own best threshold; 1 is perfect.

    Raises
    ------
    EvaluationError
        If shapes differ, the probabilities are none, or a slice of the truth is all membrane.
    """
    found, interior = np.asarray(probability), np.asarray(truth) != 0
    check_shapes(interior.shape, found.shape)
    if found.ndim not in (2, 3) or not found.size:
        raise EvaluationError(
            f"the probability has the shape {found.shape}: give a slice (Y, X) or a stack (Z, Y, X)"
        )
    tally = RandAndInfoTally(thresholds)
    slices = [a.reshape(-1, *a.shape[-2:]) for a in (found, interior)]
    for plane, cells in zip(*slices, strict=True):
        tally.add(plane, cells)
    return tally.result()


class RandAndInfoTally:
    """Scores slices one by one; see `rand_and_info`.

    Parameters
    ----------
    thresholds
        To choose from.
    """

    def __init__(self, thresholds: Sequence[float] = THRESHOLDS) -> None:
        if not len(thresholds):
            raise EvaluationError("no threshold is given: give one at least, such as 0.5")
        self._thresholds = thresholds
        self._totals, self._slices = np.zeros((len(thresholds), 2)), 0

    def add(self, probability: NDArray[Any], interior: NDArray[np.bool_]) -> None:
        """Score a slice ``(Y, X)``: probability of the interior, and where it is in truth."""
        low, high = probability.min(), probability.max()
        if not (low >= 0 and high <= 1):  # a NaN fails both
            raise EvaluationError(
                f"the probability runs from {low} to {high}: it must lie within 0 and 1"
            )
        if not interior.any():
            raise EvaluationError(
                f"slice {self._slices} of the truth has no cell, so nothing can be compared: leave "
                "it out"
            )
        objects = ndimage.label(interior)[0]
        self._totals += [_compare(thinned(probability > t), objects) for t in self._thresholds]
        self._slices += 1

    def result(self) -> RandAndInfo:
        """Mean over the slices, each score at its best threshold."""
        means = self._totals / self._slices
        (rand, info), at = means.argmax(0).tolist(), self._thresholds
        return RandAndInfo(float(means[rand, 0]), float(means[info, 1]), at[rand], at[info])


def thinned(interior: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Segments with borders of one pixel, which are 0; a slice that is all border is one."""
    seeds, count = ndimage.label(interior)
    if not count:
        return np.ones(interior.shape, np.int32)
    segments: NDArray[np.int32] = watershed(~interior, seeds, connectivity=1, watershed_line=True)
    return segments


def _compare(segments: Labels, objects: Labels) -> tuple[float, float]:
    """V_Rand and V_Info of one slice."""
    table = overlaps(objects, segments)
    n = table.truth.sum()
    border = n - table.pixels.sum()  # each of these pixels is a segment of its own
    joint, t = table.pixels / n, table.truth / n
    s = np.bincount(table.columns, table.pixels) / n
    s = s[s > 0]
    squares = border / n**2
    rand = (joint @ joint + squares) / (0.5 * (s @ s + squares) + 0.5 * (t @ t))
    surprise = border / n * np.log(n)
    of_segments, of_truth = _entropy(s) + surprise, _entropy(t)
    shared = of_segments + of_truth - (_entropy(joint) + surprise)
    if of_segments + of_truth == 0:  # one segment, one object
        return float(rand), 1.0
    return float(rand), float(shared / (0.5 * of_segments + 0.5 * of_truth))


def _entropy(p: NDArray[np.floating]) -> float:
    return float(-(p @ np.log(p)))
