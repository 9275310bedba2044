import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError


@pytest.fixture
def scene():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    labels = np.ones((60, 80), np.uint8)
    labels[20:40, 30:60] = 2
    return image, labels


def test_what_is_kept_is_sharp_and_all_else_is_smooth(scene):
    image, labels = scene
    found = fs.portrait(image, labels, [2])
    assert found.dtype == np.uint8
    assert (found[25:35, 35:55] == image[25:35, 35:55]).mean() > 0.95
    assert found[:10, :10].std(axis=(0, 1)).max() < image[:10, :10].std(axis=(0, 1)).min() / 4
    hard = fs.portrait(image, labels, [2], edge=0)
    assert (hard[labels == 2] == image[labels == 2]).all()
    grey = fs.portrait(image[..., 0], labels, [2], outside=7, edge=0)
    assert (grey[labels == 1] == 7).all()
    colour = fs.portrait(image, labels, [1], outside=(1, 2, 3), edge=0)
    assert (colour[labels == 2] == (1, 2, 3)).all()


def test_bands_of_a_slope():
    slope = np.tile(np.linspace(0, 1, 101), (20, 1))
    found = fs.probability_bands(slope)
    assert list(found) == [0.2, 0.3, 0.5, 0.8]
    for level, contours in found.items():
        assert len(contours) == 1
        assert contours[0][:, 1] == pytest.approx(100 * level)
        assert np.ptp(contours[0][:, 0]) == 19


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: fs.portrait(np.ones((3, 4)), np.ones((3, 5), int), [1]), "shape"),
        (lambda: fs.probability_bands(np.ones((2, 3, 4))), "shape"),
        (lambda: fs.probability_bands(np.ones((3, 4)), [1.5]), "1.5"),
    ],
)
def test_what_does_not_fit_is_told(call, told):
    with pytest.raises(ImageError, match=told):
        call()
