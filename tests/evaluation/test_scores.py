import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from napari_fcnseg.evaluation import scores
from napari_fcnseg.evaluation.scores import confusion_matrix, iou

labels = arrays(np.int64, (7, 9), elements=st.integers(0, 3))


def test_counted_by_hand():
    truth = np.array([[0, 0, 1], [1, 2, -1]])
    found = np.array([[0, 1, 1], [1, 0, 2]])
    matrix = confusion_matrix(truth, found, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert iou(matrix)[:3] == pytest.approx([1 / 3, 2 / 3, 0])
    assert np.isnan(iou(matrix)[3])
    assert scores.dice(matrix)[:3] == pytest.approx([1 / 2, 4 / 5, 0])
    assert scores.precision(matrix)[:2] == pytest.approx([1 / 2, 2 / 3])
    assert np.isnan(scores.precision(matrix)[2])  # nothing was found as 2
    assert scores.recall(matrix)[:3] == pytest.approx([1 / 2, 1, 0])
    assert scores.pixel_accuracy(matrix) == pytest.approx(3 / 5)
    assert scores.weighted_iou(matrix) == pytest.approx((2 / 3 + 4 / 3 + 0) / 5)


def test_what_is_none_of_the_classes_is_wrong():
    """A column beyond the classes counts for the true class, and has no score of its own."""
    matrix = np.array([[3, 0, 1], [0, 2, 2]])
    assert iou(matrix) == pytest.approx([3 / 4, 2 / 4])
    assert scores.pixel_accuracy(matrix) == pytest.approx(5 / 8)


@given(labels, labels)
def test_as_scikit_learn_scores(truth, found):
    matrix, at = confusion_matrix(truth, found, 4), np.arange(4)
    t, f = truth.ravel(), found.ravel()
    there = np.union1d(t, f)
    how = {"labels": at, "average": None, "zero_division": 0}
    assert iou(matrix)[there] == pytest.approx(metrics.jaccard_score(t, f, **how)[there])
    assert scores.dice(matrix)[there] == pytest.approx(metrics.f1_score(t, f, **how)[there])
    assert scores.pixel_accuracy(matrix) == pytest.approx(metrics.accuracy_score(t, f))
    weighted = metrics.jaccard_score(t, f, average="weighted", zero_division=0)
    assert scores.weighted_iou(matrix) == pytest.approx(weighted)


def test_nothing_labelled():
    matrix = np.zeros((2, 3), int)
    assert np.isnan(scores.pixel_accuracy(matrix))
    assert np.isnan(scores.weighted_iou(matrix))
    assert np.isnan(iou(matrix)).all()
