"""Scores of instance segmentations: average precision, panoptic quality, SEG, Rand and VI."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from skimage.metrics import adapted_rand_error

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.overlaps import Labels, Overlaps, overlaps


@dataclass(frozen=True)
class ObjectScores:
    """How well objects are found.

    Attributes
    ----------
    truth, found
        How many objects there are, and how many were found.
    ap50, ap75
        See `average_precision`, at 0.5 and 0.75.
    seg
        Mean of `seg_jaccards`.
    panoptic_quality
        Kirillov et al. 2019, equation 1: sum of the intersections over union of objects that
        match by more than 0.5, divided by ``TP + FP / 2 + FN / 2``.
    rand_error
        Adapted Rand error (Arganda-Carreras et al. 2015) where the truth has objects; 0 is best.
    split, merged
        Variation of information (Meila 2007) in bits, where the truth has objects: how much
        objects are cut, and how much they are joined. 0 is best.
    """

    truth: int
    found: int
    ap50: float
    ap75: float
    seg: float
    panoptic_quality: float
    rand_error: float
    split: float
    merged: float

    @classmethod
    def of(cls, table: Overlaps) -> Self:
        """Score what overlaps; NaN for what cannot be said, as there are no objects."""
        return cls(
            truth=len(table.truth),
            found=len(table.found),
            ap50=precision_of(table, 0.5),
            ap75=precision_of(table, 0.75),
            seg=_mean(jaccards_of(table)),
            panoptic_quality=_panoptic_quality(table),
            rand_error=_rand_error(table),
            **_information(table),
        )

    @property
    def overall(self) -> dict[str, float | int]:
        """Scores by what they are called."""
        return {
            "objects": self.truth,
            "found": self.found,
            "AP50": self.ap50,
            "AP75": self.ap75,
            "SEG": self.seg,
            "panoptic quality": self.panoptic_quality,
            "adapted Rand error": self.rand_error,
            "VI split": self.split,
            "VI merged": self.merged,
        }

    def to_dict(self) -> dict[str, float | int | None]:
        """Return plain data; ``None`` for what cannot be said."""
        return {k: None if v != v else v for k, v in self.overall.items()}


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
    return precision_of(overlaps(truth, found), threshold)


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
    return jaccards_of(overlaps(truth, found))


def precision_of(table: Overlaps, threshold: float) -> float:
    """See `average_precision`."""
    objects = len(table.truth) + len(table.found)
    if not objects:
        return float("nan")
    close = table.jaccard >= threshold
    at = table.rows[close].astype(np.int32), table.columns[close].astype(np.int32)
    shape = len(table.truth), len(table.found)
    partners = maximum_bipartite_matching(coo_array((np.ones(len(at[0])), at), shape).tocsr())
    matched = np.count_nonzero(partners >= 0)
    return float(matched / (objects - matched))


def jaccards_of(table: Overlaps) -> NDArray[np.float64]:
    """See `seg_jaccards`."""
    scores = np.zeros(len(table.truth))
    covers = 2 * table.pixels > table.truth[table.rows]
    scores[table.rows[covers]] = table.jaccard[covers]
    return scores


def partners_of(table: Overlaps) -> NDArray[np.int64]:
    """Place of what each true object was found as, by more than half of both; -1 if as none."""
    partners = np.full(len(table.truth), -1, np.int64)
    matched = table.jaccard > 0.5  # which no object can be with two
    partners[table.rows[matched]] = table.columns[matched]
    return partners


def _panoptic_quality(table: Overlaps) -> float:
    objects = len(table.truth) + len(table.found)
    jaccard = table.jaccard
    return float(jaccard[jaccard > 0.5].sum() / (objects / 2)) if objects else float("nan")


def _joint(table: Overlaps) -> coo_array:
    """Pixels of true objects by what was found there; the last columns are background."""
    background = table.truth - np.bincount(table.rows, table.pixels, len(table.truth))
    missed = np.flatnonzero(background)
    found, images = len(table.found), table.image.max(initial=0) + 1
    rows = np.concatenate([table.rows, missed])
    columns = np.concatenate([table.columns, found + table.image[missed]])
    pixels = np.concatenate([table.pixels, background[missed]]).astype(np.float64)
    return coo_array((pixels, (rows, columns)), (len(table.truth), found + images))


def _rand_error(table: Overlaps) -> float:
    if not table.truth.sum() > 1:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):  # where each object is one pixel
        error, *_ = adapted_rand_error(table=_joint(table).tocsr())
    return float(error)


def _information(table: Overlaps) -> dict[str, float]:
    if not len(table.truth):
        return {"split": float("nan"), "merged": float("nan")}
    joint = _joint(table)
    both = _entropy(joint.data)
    truth, found = (np.asarray(joint.sum(axis), np.float64) for axis in (1, 0))
    return {"split": both - _entropy(truth), "merged": both - _entropy(found)}


def _entropy(pixels: NDArray[np.float64]) -> float:
    """Entropy of shares in bits."""
    p = pixels[pixels > 0] / pixels.sum()
    return float(-(p @ np.log2(p)))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
