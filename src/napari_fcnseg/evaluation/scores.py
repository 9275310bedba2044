"""Confusion matrix of pixels, and what is told of it."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.number]


def confusion_matrix(
    truth: NDArray[np.integer], prediction: NDArray[np.integer], classes: int
) -> NDArray[np.int64]:
    """Count pixels by true and predicted class.

    Parameters
    ----------
    truth, prediction
        Class indices ``0 .. classes - 1``, of one shape; pixels where `truth` is negative
        are unlabelled and left out.
    classes
        Number of classes.

    Returns
    -------
    ndarray
        Shape ``(classes, classes)``, rows are truth, columns prediction.
    """
    labelled = truth >= 0
    codes = truth[labelled].astype(np.int64) * classes + prediction[labelled]
    return np.bincount(codes, minlength=classes**2).reshape(classes, classes)


def iou(matrix: Matrix) -> NDArray[np.float64]:
    """Intersection over union of each class; NaN for one that is in neither.

    ``n_ii / (sum_j n_ij + sum_j n_ji - n_ii)``, Long, Shelhamer, Darrell, CVPR 2015,
    section 5.

    Parameters
    ----------
    matrix
        Confusion matrix of pixels, or of their weights, shape ``(classes, columns)``; columns
        beyond the number of classes are of what is in none of them.
    """
    hits, truth, found = _margins(matrix)
    return _over(hits, truth + found - hits)


def dice(matrix: Matrix) -> NDArray[np.float64]:
    """Dice coefficient of each class, ``2 n_ii / (sum_j n_ij + sum_j n_ji)``; else as `iou`."""
    hits, truth, found = _margins(matrix)
    return _over(2 * hits, truth + found)


def precision(matrix: Matrix) -> NDArray[np.float64]:
    """Part of what was found of each class that is right; NaN where nothing was found."""
    hits, _, found = _margins(matrix)
    return _over(hits, found)


def recall(matrix: Matrix) -> NDArray[np.float64]:
    """Part of each true class that was found; NaN for one that is not there."""
    hits, truth, _ = _margins(matrix)
    return _over(hits, truth)


def pixel_accuracy(matrix: Matrix) -> float:
    """Part of the labelled pixels that are right; NaN where none is labelled."""
    hits, truth, _ = _margins(matrix)
    return float(_over(hits.sum(keepdims=True), truth.sum(keepdims=True))[0])


def weighted_iou(matrix: Matrix) -> float:
    """Mean `iou`, each class weighted by its true pixels (frequency-weighted, as `iou`)."""
    _, truth, _ = _margins(matrix)
    there = truth > 0
    return float(iou(matrix)[there] @ truth[there] / truth.sum()) if there.any() else float("nan")


def _margins(matrix: Matrix) -> tuple[NDArray[np.float64], ...]:
    """Pixels of each class that are right, that are true, and that were found."""
    counts = np.asarray(matrix, np.float64)
    return np.diagonal(counts), counts.sum(1), counts[:, : len(counts)].sum(0)


def _over(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = np.full(len(part), np.nan)
    np.divide(part, whole, out=scores, where=whole > 0)
    return scores
