"""A model that normalises each image by itself sees the same in all intensity ranges."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

import napari_fcnseg as fs

HOW = {"output": "probabilities", "axes": "ZYX", "device": "cpu"}


@pytest.fixture
def each(model):
    return replace(model, normalisation=replace(model.normalisation, each=True))


@pytest.fixture
def dim(grey):
    """The same image, as a camera of 16 bits has it."""
    return grey.astype(np.uint16) * 37 + 900


def test_the_range_makes_no_difference(each, model, grey, dim):
    bright = fs.segment(each, grey, **HOW)
    assert np.abs(fs.segment(each, dim, **HOW) - bright).max() < 1e-4
    assert np.abs(fs.segment(model, dim, **HOW) - bright).max() > 0.1


def test_tiles_and_regions_have_that_of_the_whole_image(each, grey, tmp_path):
    uneven = grey.copy()
    uneven[:, :, :40] //= 4  # a tile by itself would be scaled otherwise
    whole = fs.segment(each, uneven, tile=4096, **HOW)
    assert np.abs(fs.segment(each, uneven, tile=56, **HOW) - whole).max() < 1e-5
    part = np.zeros((2, 1, 30, 40), np.float32)
    fs.predict(each, uneven, part, region=((1, 2), (3, 33), (0, 40)), **HOW).wait()
    assert np.abs(part - whole[:, 1:2, 3:33, :40]).max() < 1e-5
    chunked = da.from_array(uneven, chunks=(1, 32, 32))
    lazy = fs.segment_lazy(each, chunked, "probabilities", axes="ZYX", device="cpu")
    assert np.abs(lazy.compute(scheduler="sync") - whole).max() < 1e-5


def test_a_blank_image_is_segmented_too(each):
    assert fs.segment(each, np.full((2, 40, 40), 90, np.uint8), **HOW).shape == (2, 2, 40, 40)
