import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment
from skimage.metrics import adapted_rand_error, variation_of_information

import napari_fcnseg as fs
from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.instances import ObjectScores
from napari_fcnseg.evaluation.overlaps import OverlapTally, join, overlaps


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


def scores(truth, found):
    return ObjectScores.of(overlaps(truth, found))


def test_panoptic_quality_by_hand():
    """IoU 3/4 and 4/5 match; one is missed, one is too many."""
    found = scores(TRUTH, FOUND)
    assert found.panoptic_quality == pytest.approx((0.75 + 0.8) / (2 + 1 / 2 + 1 / 2))
    assert (found.truth, found.found) == (3, 3)
    assert found.ap50 == 2 / 4
    assert found.seg == pytest.approx((0.75 + 0.8) / 3)


@given(
    arrays(np.uint8, (6, 7), elements=st.integers(0, 5)),
    arrays(np.uint16, (6, 7), elements=st.sampled_from([0, 1, 2, 60000])),
)
def test_rand_and_information_as_scikit_image(truth, found):
    ours = scores(truth, found)
    if not truth.any():
        assert np.isnan([ours.rand_error, ours.split, ours.merged]).all()
        return
    split, merged = variation_of_information(truth, found, ignore_labels=(0,))
    assert (ours.split, ours.merged) == (pytest.approx(split), pytest.approx(merged))
    if (truth > 0).sum() > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            error, *_ = adapted_rand_error(truth, found)
        assert ours.rand_error == pytest.approx(error, nan_ok=True)


@given(arrays(np.uint16, (2, 6, 7), elements=st.integers(0, 5)), st.integers(0, 6))
def test_halves_are_the_whole(images, at):
    truth, found = images
    whole, tally = overlaps(truth, found), OverlapTally()
    for part in (slice(None, at), slice(at, None)):
        tally.add(truth[part], found[part])
    for ours, theirs in zip(vars(tally.table()).values(), vars(whole).values(), strict=True):
        assert ours.tolist() == theirs.tolist()


def test_ids_of_several_images_are_not_mixed():
    pair = overlaps(TRUTH, FOUND)
    both = join([pair, pair])
    assert ObjectScores.of(both).truth == 6
    assert ObjectScores.of(both).seg == pytest.approx(ObjectScores.of(pair).seg)
    # Background in one image is another thing than in the next: as if ids went on.
    one = scores(np.hstack([TRUTH, TRUTH + (TRUTH > 0) * 10]), np.hstack([FOUND, FOUND + 20]))
    apart = np.where(FOUND == 0, 99, FOUND)
    two = scores(np.hstack([TRUTH, TRUTH + (TRUTH > 0) * 10]), np.hstack([apart, apart + 100]))
    assert ObjectScores.of(both).rand_error == pytest.approx(two.rand_error)
    assert ObjectScores.of(both).split == pytest.approx(two.split)
    assert one.split == pytest.approx(two.split)


def test_large_ids_and_many_pairs():
    """Ids and pairs of ids that no table has room for."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2**40, (300, 300))
    found = np.arange(90000).reshape(300, 300) + 2**33
    table = overlaps(truth, found)
    assert len(table.truth) == len(np.unique(truth[truth > 0]))
    assert table.pixels.sum() == (truth > 0).sum()
    assert (table.truth_ids == np.unique(truth[truth > 0])).all()
