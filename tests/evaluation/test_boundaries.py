import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_fcnseg.evaluation.boundaries import boundary_counts, boundary_f

WHOLE = (slice(None), slice(None))


def square(shift=0, size=40):
    labels = np.zeros((size, size), int)
    labels[10 + shift : 30 + shift, 10:30] = 1
    return labels


def test_counted_by_hand():
    truth, found = square(), square(shift=3)
    counts = boundary_counts(truth, found, 2, 2.0, WHOLE)
    border = 4 * 20 - 4
    assert counts[1, 0] == counts[1, 2] == border
    # The lower edge and the two sides that overlap, and 2 px around the true corners.
    right = sum(
        ((np.argwhere(_border(truth)) - at) ** 2).sum(1).min() <= 4
        for at in np.argwhere(_border(found))
    )
    assert counts[1, 1] == right
    assert boundary_f(counts)[1] == pytest.approx(right / border)  # the same both ways round


def _border(labels):
    inner = labels.copy()
    inner[11:-11, 11:-11] = labels[11:-11, 11:-11]
    padded = np.pad(labels, 1)
    least = np.min(
        [padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]], axis=0
    )
    return (labels == 1) & (least == 0)


def test_perfect_is_one_and_what_is_not_there_is_no_number():
    counts = boundary_counts(square(), square(), 3, 0.0, WHOLE)
    assert boundary_f(counts)[:2].tolist() == [1, 1]
    assert np.isnan(boundary_f(counts)[2])


def test_missed_is_zero():
    counts = boundary_counts(square(), np.zeros((40, 40), int), 2, 2.0, WHOLE)
    assert boundary_f(counts).tolist() == [0, 0]


def test_where_nothing_is_labelled_there_is_no_border():
    truth = square()
    truth[:, 20:] = -1
    found = square()
    found[:, 25:] = 0  # wrong, but nobody knows
    counts = boundary_counts(truth, found, 2, 0.0, WHOLE)
    assert boundary_f(counts).tolist() == [1, 1]


@given(
    arrays(np.int64, (12, 13), elements=st.integers(-1, 2)),
    arrays(np.int64, (12, 13), elements=st.integers(0, 3)),
    st.sampled_from([0.0, 1.0, 1.5, 2.0, 6.0]),
)
def test_shifted_copies_are_distances(truth, found, tolerance):
    """Against distances of every pair of border pixels."""
    counts = boundary_counts(truth, found, 3, tolerance, WHOLE)
    for index in range(3):
        borders = []
        for labels in (found, truth):
            there = [
                (y, x)
                for y, x in np.argwhere((labels == index) & (truth >= 0)).tolist()
                if any(
                    0 <= v < 12 and 0 <= u < 13 and truth[v, u] >= 0 and labels[v, u] != index
                    for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
                )
            ]
            borders.append(np.array(there).reshape(-1, 2))
        near = [
            sum(bool((((b - at) ** 2).sum(1) <= tolerance**2).any()) for at in a)
            for a, b in (borders, borders[::-1])
        ]
        assert counts[index].tolist() == [len(borders[0]), near[0], len(borders[1]), near[1]]
