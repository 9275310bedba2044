"""Synthetic steel and nuclei: the same again for a seed, and as their truth says."""

import numpy as np
import pytest
from skimage.measure import label

from napari_fcnseg.images.synthetic_nuclei import synthetic_nuclei
from napari_fcnseg.images.synthetic_steel import GREY, PHASES, synthetic_steel


@pytest.mark.parametrize("make", [synthetic_steel, synthetic_nuclei])
def test_the_same_seed_makes_the_same_image(make):
    first, second, other = (make((90, 100), seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize("make", [synthetic_steel, synthetic_nuclei])
@pytest.mark.parametrize("shape", [(33, 47), (16, 16), (1, 40)])
def test_odd_and_tiny_shapes(make, shape):
    image, truth = make(shape, seed=5)
    assert image.shape == truth.shape == shape
    assert image.dtype == np.uint8


def test_phases_differ_by_texture_and_not_by_brightness():
    image, truth = synthetic_steel((320, 320), seed=3)
    assert set(np.unique(truth)) == set(PHASES)
    assert truth.dtype == np.uint8
    ferrite, pearlite, inclusion = (image[truth == i].astype(float) for i in PHASES)
    assert abs(ferrite.mean() - pearlite.mean()) < 15
    assert abs(pearlite.mean() - GREY) < 10
    assert pearlite.std() > 1.3 * ferrite.std()
    assert inclusion.mean() < 90
    assert 0.005 < (truth == 3).mean() < 0.08


def test_nuclei_are_whole_and_many_touch():
    image, ids = synthetic_nuclei((256, 256), seed=3)
    count = int(ids.max())
    assert ids.dtype == np.uint16
    assert set(np.unique(ids)) == set(range(count + 1))
    assert all(label(ids == i).max() == 1 for i in range(1, count + 1))
    assert label(ids > 0).max() < 0.7 * count
    assert image[ids > 0].mean() > image[ids == 0].mean() + 30
