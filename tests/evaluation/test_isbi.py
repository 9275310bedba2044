import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.measure import shannon_entropy
from skimage.metrics import adapted_rand_error, variation_of_information

import napari_fcnseg as fs
from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.isbi import thinned

SLICES = 5  # the first ones, of which metrics.md gives its figures


@pytest.fixture(scope="module")
def cells(data):
    return fs.open_image(data / "isbi2012" / "train-labels.tif", axes="ZYX").read({})[0] > 0


def columns(*values):
    """A slice of 5 rows that are all alike."""
    return np.tile(np.array(values, float), (5, 1))


TWO = columns(1, 1, 0, 1, 1)


def test_truth_against_itself(cells):
    scores = fs.rand_and_info(cells[:2].astype(np.float32), cells[:2], (0.5,))
    assert scores == fs.RandAndInfo(1, 1, 0.5, 0.5)


def test_published_borders_two_pixels_thicker(cells):
    thicker = [ndimage.binary_erosion(cell, iterations=2) for cell in cells[:SLICES]]
    scores = fs.rand_and_info(thicker, cells[:SLICES], (0.5,))
    assert scores.v_rand == pytest.approx(0.9961, abs=1e-4)
    assert scores.v_info == pytest.approx(0.9957, abs=1e-4)


def test_published_single_segment(cells):
    scores = fs.rand_and_info(np.ones((SLICES, 512, 512)), cells[:SLICES], (0.5,))
    assert scores.v_rand == pytest.approx(0.053, abs=5e-4)
    assert scores.v_info == pytest.approx(0, abs=1e-12)


def test_published_agreement_with_skimage(cells):
    thicker = ndimage.binary_erosion(cells[0], iterations=2)
    objects, segments = ndimage.label(cells[0])[0], thinned(thicker)
    assert np.count_nonzero((segments == 0) & cells[0]) == 163
    ours = fs.rand_and_info(thicker, cells[0], (0.5,)).v_rand
    theirs = 1 - adapted_rand_error(objects, segments)[0]  # there, border pixels are one segment
    assert ours == pytest.approx(0.996473, abs=1e-6)
    assert theirs == pytest.approx(0.996462, abs=1e-6)


@given(arrays(bool, (9, 11)), arrays(bool, (9, 11)))
def test_agrees_with_pairs_of_pixels_and_with_skimage(interior, truth):
    assume(truth.any())
    t, s = ndimage.label(truth)[0][truth], thinned(interior)[truth]
    s[s == 0] = 1000 + np.arange(np.count_nonzero(s == 0))  # a border pixel stands alone
    together = [a[:, None] == a for a in (s, t)]
    both = np.count_nonzero(together[0] & together[1])
    scores = fs.rand_and_info(interior, truth, (0.5,))
    assert scores.v_rand == pytest.approx(2 * both / np.count_nonzero(together))
    entropy = shannon_entropy(s) + shannon_entropy(t)
    differ = sum(variation_of_information(t, s))
    assert scores.v_info == pytest.approx(1 - differ / entropy if entropy else 1, abs=1e-9)


def test_merged_cells():
    scores = fs.rand_and_info(columns(1, 1, 1, 1, 1), TWO, (0.5,))
    assert scores.v_rand == pytest.approx(0.5 / (0.5 * 1 + 0.5 * 0.5))
    assert scores.v_info == pytest.approx(0)


def test_information_of_a_merger():
    scores = fs.rand_and_info(columns(1, 1, 1, 0, 1), columns(1, 0, 1, 0, 1), (0.5,))
    kept = np.log(3) - 2 / 3 * np.log(2)  # entropy of 2/3 and 1/3
    assert scores.v_info == pytest.approx(2 * kept / (kept + np.log(3)))


def test_a_border_inside_a_cell_counts_pixel_by_pixel():
    scores = fs.rand_and_info(TWO, np.ones((5, 5)), (0.5,))
    together = 2 * 0.4**2 + 5 / 25**2
    assert scores.v_rand == pytest.approx(together / (0.5 * together + 0.5))
    assert scores.v_info == pytest.approx(0)


def test_thick_borders_are_thinned_in_their_middle():
    truth = columns(1, 1, 1, 1, 0, 1, 1, 1, 1)
    wide = columns(1, 1, 0, 0, 0, 0, 0, 1, 1)
    assert fs.rand_and_info(wide, truth, (0.5,)) == fs.RandAndInfo(1, 1, 0.5, 0.5)


def test_cells_that_touch_at_a_corner_are_two():
    truth = np.kron(np.eye(2), np.ones((3, 3)))
    assert fs.rand_and_info(truth, truth, (0.5,)).v_rand == 1
    assert fs.rand_and_info(np.ones((6, 6)), truth, (0.5,)).v_rand == pytest.approx(2 / 3)


def test_lowest_of_the_best_thresholds():
    scores = fs.rand_and_info(0.35 + 0.4 * TWO, TWO)
    assert scores == fs.RandAndInfo(1, 1, 0.4, 0.4)  # 0.4 to 0.7 tell the cells apart


def test_one_threshold_for_all_slices():
    stack = np.stack([0.35 + 0.2 * TWO, 0.65 + 0.2 * TWO])  # apart at 0.4 only, at 0.7 only
    scores = fs.rand_and_info(stack, np.stack([TWO, TWO]), (0.4, 0.7))
    assert scores.v_rand == pytest.approx((1 + 2 / 3) / 2)
    assert scores.v_info == pytest.approx(1 / 2)


def test_no_interior_at_all_is_one_segment():
    none = fs.rand_and_info(np.zeros((5, 5)), TWO)
    assert none.v_rand == pytest.approx(2 / 3)
    assert none.v_info == pytest.approx(0)


@pytest.mark.parametrize(
    ("probability", "truth", "thresholds", "told"),
    [
        (TWO[:4], TWO, (0.5,), r"\(5, 5\).*\(4, 5\)"),
        (255 * TWO, TWO, (0.5,), "0.0 to 255.0"),
        (np.nan * TWO, TWO, (0.5,), "within 0 and 1"),
        (TWO[0], TWO[0], (0.5,), r"\(Y, X\)"),
        (np.stack([TWO, TWO]), np.stack([TWO, 0 * TWO]), (0.5,), "slice 1 of the truth"),
        (TWO, TWO, (), "threshold"),
    ],
)
def test_what_cannot_be_scored_is_refused(probability, truth, thresholds, told):
    with pytest.raises(EvaluationError, match=told):
        fs.rand_and_info(probability, truth, thresholds)
