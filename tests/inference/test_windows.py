import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.images.grid import Grid
from napari_fcnseg.inference.candidates import Candidate, choose
from napari_fcnseg.inference.windows import STEPS, AxisWindows, PlaneSums, best_windows

LENGTHS = st.integers(1, 40)


@given(n=LENGTHS, edge=st.integers(1, 50))
def test_windows_lie_on_a_grid_inside_and_reach_the_end(n, edge):
    axis = AxisWindows(n, edge)
    assert axis.edge == min(edge, n)
    assert (axis.starts[0], axis.starts[-1] + axis.edge) == (0, n)
    assert (np.diff(axis.starts) > 0).all()
    assert (axis.starts[:-1] % max(1, axis.edge // STEPS) == 0).all()


@given(
    shape=st.tuples(LENGTHS, LENGTHS),
    edge=st.integers(1, 20),
    piece=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    seed=st.integers(0, 99),
)
def test_sums_of_windows_from_pieces_in_any_order(shape, edge, piece, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2**24, (2, *shape))
    y, x = (AxisWindows(n, edge) for n in shape)
    sums = PlaneSums(y, x, 2)
    pieces = Grid(shape, piece)
    for number in rng.permutation(len(pieces)):
        rows, columns = pieces[int(number)]
        sums.add(rows, columns, values[:, slice(*rows), slice(*columns)])
    assert sums.pixels == values[0].size
    expected = [
        [values[:, top : top + y.edge, left : left + x.edge].sum((1, 2)) for left in x.starts]
        for top in y.starts
    ]
    assert np.array_equal(sums.windows(), np.moveaxis(expected, -1, 0))


@given(
    shape=st.tuples(LENGTHS, LENGTHS),
    edge=st.integers(1, 20),
    most=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_the_best_windows_are_those_of_brute_force(shape, edge, most, seed):
    rng = np.random.default_rng(seed)
    y, x = (AxisWindows(n, edge) for n in shape)
    scores = rng.integers(0, 9, (len(y.starts), len(x.starts)))  # with many equal ones
    allowed = rng.random(scores.shape) < 0.8
    taken, expected = np.zeros(shape, bool), []
    for row, column in sorted(np.argwhere(allowed).tolist(), key=lambda w: (-scores[*w], w)):
        top, left = y.starts[row], x.starts[column]
        window = taken[top : top + y.edge, left : left + x.edge]
        if len(expected) < most and not window.any():
            window[:] = True
            expected.append((row, column))
    assert list(best_windows(scores, allowed, y, x, most)) == expected


def candidate(z, y, x, score):
    return Candidate(((z, z + 1), (y, y + 8), (x, x + 8)), score)


def test_equally_unsure_planes_share_the_regions():
    planes = [candidate(z, 0, 20 * i, 0.5 - 0.01 * i) for z in range(0, 20, 2) for i in range(10)]
    chosen = choose(planes, 10, 20)
    starts = [c.spans[0][0] for c in chosen]
    assert len(chosen) == 10
    assert all(starts.count(z) <= 2 for z in starts)
    assert [c.score for c in chosen] == sorted((c.score for c in chosen), reverse=True)


def test_the_same_place_in_the_next_plane_waits():
    stack = [candidate(0, 0, 0, 0.9), candidate(1, 4, 4, 0.8), candidate(2, 0, 0, 0.7)]
    assert choose(stack, 2, 3) == [stack[0], stack[2]]
    assert choose(stack, 3, 3) == stack  # where there is nothing else


def test_one_plane_gives_all_if_there_is_no_other():
    plane = [candidate(0, 0, 20 * i, 0.5) for i in range(9)]
    assert choose(plane, 10, 1) == plane
    assert choose(plane, 4, 50) == plane[:4]
