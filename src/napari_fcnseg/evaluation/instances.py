"""Scores of instance segmentations: average precision and SEG."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.overlaps import Labels, Overlaps, overlaps


def average_precision(truth: Labels, found: Labels, threshold: float = 0.5) -> float:
    """Part of all objects, true and found, that are matched: ``TP / (TP + FP + FN)``.

    As the 2018 Data Science Bowl: a true and a found object match if their intersection over
    union is at least `threshold`. Each has one partner at most, and as many as possible have
    one.

    Parameters
    ----------
    truth, found
        Ids of objects, of one shape and of any integer type; 0 is background.
    threshold
        Above 0, at most 1.

    Returns
    -------
    float
        0 to 1; NaN where there are no objects in either.

    Raises
    ------
    EvaluationError
        If shapes differ, an image holds something else than ids, or the threshold is out of
        bounds.
    """
    if not 0 < threshold <= 1:
        raise EvaluationError(f"threshold = {threshold}: give a number above 0, at most 1")
    table = overlaps(truth, found)
    objects = len(table.truth) + len(table.found)
    if not objects:
        return float("nan")
    close = _jaccard(table) >= threshold
    at = table.rows[close].astype(np.int32), table.columns[close].astype(np.int32)
    shape = len(table.truth), len(table.found)
    partners = maximum_bipartite_matching(coo_array((np.ones(len(at[0])), at), shape).tocsr())
    matched = np.count_nonzero(partners >= 0)
    return float(matched / (objects - matched))


def seg_jaccards(truth: Labels, found: Labels) -> NDArray[np.float64]:
    """Intersection over union of every true object with what was found of it; the mean is SEG.

    The measure of the Cell Tracking Challenge (Ulman et al. 2017): found is the object that
    covers more than half of the true one. Where there is none it is 0. SEG of several images
    is the mean over their true objects together.

    Parameters
    ----------
    truth, found
        As `average_precision`.

    Returns
    -------
    ndarray
        One number of 0 to 1 for each object of `truth`, in the order of the ids.

    Raises
    ------
    EvaluationError
        If shapes differ or an image holds something else than ids.
    """
    table = overlaps(truth, found)
    scores = np.zeros(len(table.truth))
    covers = 2 * table.pixels > table.truth[table.rows]
    scores[table.rows[covers]] = _jaccard(table)[covers]
    return scores


def _jaccard(table: Overlaps) -> NDArray[np.float64]:
    """Intersection over union of the pairs that overlap."""
    union = table.truth[table.rows] + table.found[table.columns] - table.pixels
    jaccard: NDArray[np.float64] = table.pixels / union
    return jaccard
