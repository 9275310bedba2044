"""What is left out: outside of a mask, and tiles that are known."""

import numpy as np
import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError
from napari_fcnseg.inference.blank import blank_values
from napari_fcnseg.inference.runner import Runner

TILE = 112


@pytest.fixture
def runs(monkeypatch):
    """Tiles that the network is run for."""
    seen, run = [], Runner.__call__

    def counted(self, block, tile, context=()):
        seen.append(tile)
        return run(self, block, tile, context)

    monkeypatch.setattr(Runner, "__call__", counted)
    return seen


@pytest.mark.parametrize("output", ["labels", "probabilities"])
@pytest.mark.parametrize("axes", ["ZYX", "YX"])
def test_only_the_mask_is_segmented(model, grey, runs, output, axes):
    inside = np.zeros(grey.shape[-len(axes) :], np.uint8)
    inside[..., 5:40, 20:30] = 3
    whole = fs.segment(model, grey, output, axes="ZYX", tile=80)
    all_tiles = len(runs)
    found = fs.segment(model, grey, output, axes="ZYX", tile=80, mask=inside)
    assert np.array_equal(found, np.where(inside, whole, 0).astype(whole.dtype))
    assert 0 < len(runs) - all_tiles < all_tiles


def test_a_mask_of_another_size_is_refused(model, grey):
    with pytest.raises(ImageError, match="give a mask of the same size"):
        fs.segment(model, grey, axes="ZYX", mask=np.ones((3, 70, 91), np.uint8))


def test_another_mask_is_another_prediction(model, grey, tmp_path):
    mask = np.ones(grey.shape, np.uint8)
    image, out = fs.Image(grey, "ZYX"), tmp_path / "a.ome.zarr"
    fs.predict(model, image, out, mask=mask).wait()
    with pytest.raises(fs.FcnsegError, match="another mask"):
        fs.predict(model, image, out, resume=True)
    fs.predict(model, image, out, mask=mask, resume=True).wait()


def test_blank_tiles_are_computed_once(runs):
    model = make_model()
    image = np.full((6, 400, 500), 17, np.uint8)
    image[2, 100:140, 200:260] = np.random.default_rng(0).integers(0, 256, (40, 60))
    found = fs.segment(model, image, axes="ZYX", tile=TILE)
    tiles = len(fs.plan("ZYX", image.shape, model.net.geometry, TILE))
    assert len(runs) < tiles / 3
    runs.clear()
    assert np.array_equal(found, fs.segment(model, image, axes="ZYX", tile=4096))
    runs.clear()
    image[:, ::30, ::30] ^= 1  # and now none is blank
    fs.segment(model, image, axes="ZYX", tile=TILE)
    assert len(runs) == tiles


def test_what_is_blank():
    assert blank_values(np.full((2, 9, 9), 4)) == (4, 4)
    two = np.stack([np.full((9, 9), 1), np.full((9, 9), 2)])
    assert blank_values(two) == (1, 2)
    two[1, 8, 7] = 0
    assert blank_values(two) is None
    assert blank_values(np.full((1, 9, 9), np.nan)) is None
