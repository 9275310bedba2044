import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.training.pseudo_labels import PseudoLabels

SURE = 0.7
SHAPE = (2, 50, 60)
TILES = [(0, 0, 0), (0, 20, 30), (1, 10, 5)]
EDGE = 20


def taught(seed=0):
    """Three tiles of the image 3, and what they hold as a whole array."""
    rng = np.random.default_rng(seed)
    whole, labels = np.full(SHAPE, -1), PseudoLabels()
    for plane, y, x in TILES:
        shares = rng.dirichlet([0.3] * 3, (EDGE, EDGE)).transpose(2, 0, 1)
        window = ((plane, plane + 1), (y, y + EDGE), (x, x + EDGE))
        labels.add(3, window, shares, SURE)
        sure = shares.max(0) >= SURE
        assert 0.1 < sure.mean() < 0.9
        whole[plane, y : y + EDGE, x : x + EDGE] = np.where(sure, shares.argmax(0), -1)
    return labels, whole


@given(st.tuples(*[st.tuples(st.integers(-5, n), st.integers(1, n + 5)) for n in SHAPE]))
def test_a_window_reads_as_of_a_whole_array(spans):
    labels, whole = taught()
    window = tuple((start, start + length) for start, length in spans)
    padded = np.pad(whole, [(10, 140)] * 3, constant_values=-1)
    region = tuple(slice(start + 10, stop + 10) for start, stop in window)
    assert np.array_equal(labels.read(3, window), padded[region])
    assert (labels.read(2, window) == -1).all()


def test_positions_are_of_all_labels():
    labels, whole = taught()
    found = list(labels.positions)
    assert sum(len(positions) for _, positions in found) == (whole >= 0).sum()
    for number, positions in found:
        assert number == 3
        assert len(set(whole[tuple(positions.T)])) == 1


def test_they_can_be_kept():
    labels, whole = taught()
    again = PseudoLabels.of(labels.state_dict())
    everywhere = tuple((0, n) for n in SHAPE)
    assert np.array_equal(again.read(3, everywhere), whole)
