import numpy as np

from napari_fcnseg.annotations.adopt import adopted

PREDICTED = np.array([[[1, 1, 0, 2], [0, 0, 2, 0], [2, 0, 0, 1]]])
PAINTED = np.array([[[0, 3, 0, 0], [0, 0, 2, 4], [3, 0, 0, 0]]])


def pixels(**options):
    return [tuple(at[1:]) for at in np.argwhere(adopted(PREDICTED, PAINTED, **options)).tolist()]


def test_only_where_nothing_is_painted():
    assert pixels() == [(0, 0), (0, 3), (2, 3)]


def test_what_is_painted_is_replaced_where_it_differs():
    assert pixels(replace=True) == [(0, 0), (0, 1), (0, 3), (2, 0), (2, 3)]


def test_one_id():
    assert pixels(only=1) == [(0, 0), (2, 3)]
    assert pixels(only=0, replace=True) == []


def test_the_piece_with_a_pixel_corners_included():
    assert pixels(seed=(0, 1, 2), connected=True, replace=True) == [(0, 3)]
    assert pixels(seed=(0, 1, 2), replace=True) == [(0, 3), (2, 0)]
    assert pixels(seed=(0, 0, 2), connected=True, replace=True) == []
