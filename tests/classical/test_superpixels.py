"""Superpixels, and strokes that snap to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label
from skimage.segmentation import slic

import napari_fcnseg as fs
from napari_fcnseg.errors import AnnotationError, ImageError, MethodError

small = hnp.arrays(np.int64, (6, 7), elements=st.integers(0, 4))


@given(strokes=small, ids=small)
def test_a_superpixel_takes_the_class_of_most_stroke_pixels(strokes, ids):
    found = fs.snap_strokes(strokes, ids)
    assert found.dtype == np.uint8
    for number in np.unique(ids):
        inside = strokes[ids == number]
        counts = [(inside == c).sum() for c in range(1, 5)]
        wanted = 1 + counts.index(max(counts)) if any(counts) else 0
        assert (found[ids == number] == wanted).all()


def test_strokes_and_superpixels_are_of_one_plane():
    with pytest.raises(AnnotationError, match=r"\(3, 3\), the superpixels \(4, 3\)"):
        fs.snap_strokes(np.zeros((3, 3), int), np.zeros((4, 3), int))


@pytest.fixture
def spots():
    """Bright squares of 20 pixels on dark ground, with noise."""
    y, x = np.mgrid[:120, :160]
    truth = (y // 20 % 2) & (x // 20 % 2)
    return (60 + 120 * truth + np.random.default_rng(0).normal(0, 8, truth.shape)).astype(
        np.uint8
    ), truth


def test_they_are_connected_of_about_the_size_and_end_at_edges(spots):
    image, truth = spots
    for size in (8, 14):
        ids = fs.superpixels(image, size)
        count = len(np.unique(ids))
        assert label(ids, connectivity=1).max() == count
        assert 0.5 < count / (image.size / size**2) < 1.5
        shares = [truth[ids == i].mean() for i in np.unique(ids)]
        assert np.mean([min(s, 1 - s) for s in shares]) < 0.03
    squares = fs.superpixels(image, 14, compactness=1000.0)
    assert np.mean([min(s := truth[squares == i].mean(), 1 - s) for i in np.unique(squares)]) > 0.1


def test_a_few_very_bright_pixels_do_not_hide_the_others(spots):
    image, truth = spots
    image = image.astype(np.uint16)
    image[::40, ::40] = 65535
    ids = fs.superpixels(image, 14)
    assert np.mean([min(s := truth[ids == i].mean(), 1 - s) for i in np.unique(ids)]) < 0.1


def test_three_channels_of_8_bits_are_colours_and_compared_in_lab():
    image = np.random.default_rng(0).integers(0, 256, (3, 60, 60), dtype=np.uint8)
    image[0, :, :33] = 250
    in_lab = slic(image, 25, 20.0, sigma=1.0, channel_axis=0, convert2lab=True)
    assert np.array_equal(fs.superpixels(image, 12), in_lab)
    assert not np.array_equal(fs.superpixels(image.astype(np.uint16), 12), in_lab)
    assert not np.array_equal(fs.superpixels(image[:2], 12), in_lab)


def test_what_they_cannot_be_made_of():
    with pytest.raises(ImageError, match=r"\(2, 2, 9, 9\): take them plane by plane"):
        fs.superpixels(np.zeros((2, 2, 9, 9)))
    with pytest.raises(MethodError, match="size = 0 is not within"):
        fs.superpixels(np.zeros((9, 9)), 0)
    assert (fs.superpixels(np.zeros((9, 9)), 900) == 1).all()
