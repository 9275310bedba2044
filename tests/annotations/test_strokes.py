import numpy as np
from scipy import ndimage

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import synthetic_em


def test_strokes_are_thin_true_and_of_the_wanted_share():
    _, truth = synthetic_em((4, 200, 210), seed=1)
    strokes = fs.simulate_strokes(truth, [0, 3], share=0.03, seed=2)
    assert not strokes[1:3].any()
    assert (strokes[strokes > 0] == truth[strokes > 0]).all()
    for plane in (0, 3):
        classes = [c for c in np.unique(truth[plane]) if c]
        for c in classes:
            share = (strokes[plane] == c).mean()
            assert share < 0.03 / len(classes) + 0.005
        wide = ndimage.distance_transform_cdt(strokes[plane] == 2)
        assert wide.max() <= 3
        assert 0.01 < (strokes[plane] > 0).mean() < 0.04


def test_the_seed_decides():
    _, truth = synthetic_em((2, 100, 100))
    first, again, other = (fs.simulate_strokes(truth, [0], seed=s) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_empty_truth_paints_nothing():
    assert not fs.simulate_strokes(np.zeros((1, 20, 20), int), [0]).any()
