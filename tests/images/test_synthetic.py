import numpy as np
import pytest

from napari_fcnseg.images.synthetic import CLASSES, synthetic_em


def test_the_same_seed_makes_the_same_stack():
    first, second, other = (synthetic_em((3, 90, 100), seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize("shape", [(6, 160, 176), (8, 256, 256), (4, 90, 300)])
def test_it_looks_like_what_its_truth_says(shape):
    image, truth = synthetic_em(shape, seed=3)
    assert image.dtype == truth.dtype == np.uint8
    assert image.shape == truth.shape == shape
    assert set(np.unique(truth)) == set(CLASSES)
    membrane, cytoplasm, mitochondrion = (image[truth == i].mean() for i in (1, 2, 3))
    assert membrane < cytoplasm - 40
    assert mitochondrion < cytoplasm - 40
    assert 0.1 < (truth == 1).mean() < 0.35


def test_odd_and_tiny_shapes():
    for shape in ((1, 33, 47), (2, 16, 16), (5, 1, 40)):
        image, truth = synthetic_em(shape, seed=5)
        assert image.shape == truth.shape == shape
