import numpy as np
import pytest

from napari_fcnseg.evaluation.scores import confusion_matrix, iou


def test_counted_by_hand():
    truth = np.array([[0, 0, 1], [1, 2, -1]])
    found = np.array([[0, 1, 1], [1, 0, 2]])
    matrix = confusion_matrix(truth, found, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert iou(matrix)[:3] == pytest.approx([1 / 3, 2 / 3, 0])
    assert np.isnan(iou(matrix)[3])


def test_perfect_is_one():
    truth = np.random.default_rng(0).integers(0, 3, (20, 20))
    assert iou(confusion_matrix(truth, truth, 3)).tolist() == [1, 1, 1]
