"""Confusion matrix and intersection over union."""

import numpy as np
from numpy.typing import NDArray


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


def iou(matrix: NDArray[np.number]) -> NDArray[np.float64]:
    """Intersection over union of each class; NaN for one that is in neither.

    Of a confusion matrix of pixels, or of their weights.

    ``n_ii / (sum_j n_ij + sum_j n_ji - n_ii)``, Long, Shelhamer, Darrell, CVPR 2015,
    section 5.
    """
    hits = np.diag(matrix).astype(np.float64)
    union = matrix.sum(0) + matrix.sum(1) - hits
    scores: NDArray[np.float64] = np.full(len(hits), np.nan)
    np.divide(hits, union, out=scores, where=union > 0)
    return scores
