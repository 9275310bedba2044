import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

import napari_fcnseg as fs
from napari_fcnseg.errors import EvaluationError


def row(text):
    """A label image of one row; a digit a pixel."""
    return np.array([[int(c) for c in text]], np.uint16)


TRUTH = row("1111022220333300")
FOUND = row("7770055555000099")  # 3 of 4 pixels; 4 of 5; missed; one too many


def test_counted_by_hand():
    assert fs.average_precision(TRUTH, FOUND) == 2 / 4  # of 1, 2, 3 and 9
    assert fs.average_precision(TRUTH, FOUND, 0.75) == 2 / 4  # 3 / 4 is just enough
    assert fs.average_precision(TRUTH, FOUND, 0.8) == 1 / 5
    assert fs.average_precision(TRUTH, FOUND, 0.9) == 0
    assert fs.seg_jaccards(TRUTH, FOUND).tolist() == [0.75, 0.8, 0]


def test_half_covered_is_not_found():
    """SEG asks for more than half of the true object, whatever the union."""
    assert fs.seg_jaccards(row("1111"), row("2200")).tolist() == [0]
    assert fs.seg_jaccards(row("11110000"), row("22222222")).tolist() == [0.5]
    assert fs.seg_jaccards(row("1122"), row("3333")).tolist() == [0.5, 0.5]  # one for both


def test_each_object_has_one_partner():
    assert fs.average_precision(row("1122"), row("3333"), 0.5) == 1 / 2
    # Taking 4 for 1, its best, would leave 2 without a partner.
    truth, found = row("111111222222"), row("333444444555")
    assert fs.average_precision(truth, found, 1 / 3) == 2 / 3


@given(
    arrays(np.uint8, (6, 7), elements=st.integers(0, 5)),
    arrays(np.int64, (6, 7), elements=st.sampled_from([0, 1, 2, 2**62])),
    st.sampled_from([0.1, 0.3, 0.5, 0.75]),
)
def test_as_many_pairs_as_an_assignment_finds(truth, found, threshold):
    masks = [[a == i for i in np.unique(a) if i] for a in (truth, found)]
    table = np.array([[(t & f).sum() / (t | f).sum() for f in masks[1]] for t in masks[0]])
    ap = fs.average_precision(truth, found, threshold)
    if not table.size:
        assert np.isnan(ap) if not any(masks) else ap == 0
        return
    hits = table >= threshold
    pairs = hits[linear_sum_assignment(hits, maximize=True)].sum()
    assert ap == pytest.approx(pairs / (sum(table.shape) - pairs))
    half = np.array([[2 * (t & f).sum() > t.sum() for f in masks[1]] for t in masks[0]])
    assert fs.seg_jaccards(truth, found) == pytest.approx((table * half).sum(1))


def test_perfect_is_one_in_a_stack():
    truth = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    assert fs.average_precision(truth, truth, 1.0) == 1
    assert fs.seg_jaccards(truth, truth + (truth > 0) * np.uint16(40)).tolist() == [1] * 23


def test_nothing_to_find():
    none = np.zeros((4, 4), int)
    assert np.isnan(fs.average_precision(none, none))
    assert fs.average_precision(none, none + 1) == 0
    assert fs.seg_jaccards(none, none + 1).shape == (0,)


@pytest.mark.parametrize("score", [fs.average_precision, fs.seg_jaccards])
def test_what_holds_no_ids_is_refused(score):
    with pytest.raises(EvaluationError, match=r"\(1, 4\).*\(1, 3\)"):
        score(row("1111"), row("111"))
    with pytest.raises(EvaluationError, match="segmentation holds float64"):
        score(row("11"), np.ones((1, 2)))
    with pytest.raises(EvaluationError, match="truth holds negative"):
        score(np.array([[-1, 1]]), row("11"))


@pytest.mark.parametrize("threshold", [0, 1.5, float("nan")])
def test_threshold_out_of_bounds(threshold):
    with pytest.raises(EvaluationError, match="threshold"):
        fs.average_precision(TRUTH, FOUND, threshold)
