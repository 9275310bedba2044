import dask.array as da
import numpy as np
import pytest
import zarr
from PIL import Image as Pillow

from napari_fcnseg.errors import AxesError, ImageError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image


def test_what_is_not_there(tmp_path):
    with pytest.raises(ImageError, match="nowhere.tif does not exist"):
        open_image(tmp_path / "nowhere.tif")
    with pytest.raises(ImageError, match="no TIFF, PNG"):
        open_image(tmp_path)
    with pytest.raises(ImageError, match="no TIFF, PNG"):
        open_image(str(tmp_path / "*.tif"))


@pytest.mark.parametrize("name", ["empty.tif", "empty.png", "empty.xyz"])
def test_empty_files(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ImageError, match=f"{name} is an empty file"):
        open_image(tmp_path / name)


@pytest.mark.parametrize("name", ["text.tif", "text.png", "text.jpg"])
def test_files_that_are_no_images(tmp_path, name):
    (tmp_path / name).write_text("this is a letter, not an image" * 20)
    with pytest.raises(ImageError, match=f"{name} cannot be read"):
        open_image(tmp_path / name)


def test_unknown_kinds_say_what_is_known(tmp_path):
    (tmp_path / "scan.czi").write_bytes(b"ZISRAWFILE")
    with pytest.raises(ImageError, match="no known kind; known are .tif.*Convert it"):
        open_image(tmp_path / "scan.czi")
    with pytest.raises(ImageError, match="cannot open a dict as an image"):
        open_image({})


def test_a_truncated_png(tmp_path):
    path = tmp_path / "cut.png"
    Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ImageError, match="cut.png cannot be read"):
        open_image(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_images_without_a_finite_pixel(bad):
    with pytest.raises(ImageError, match="no finite pixel"):
        open_image(np.full((3, 40, 50), bad, np.float32), axes="ZYX")
    one_good = np.full((3, 40, 50), bad, np.float32)
    one_good[2, 39, 49] = 7
    assert open_image(one_good, axes="ZYX").shape == (3, 40, 50)


def test_arrays_need_axes_from_three_dimensions_on():
    assert open_image(np.zeros((4, 5))).axes == "YX"
    with pytest.raises(AxesError, match="the array: the axes of its 3 dimensions"):
        open_image(np.zeros((3, 4, 5)))
    with pytest.raises(AxesError, match="the array"):
        open_image(da.zeros((3, 4, 5)))
    assert open_image(np.zeros((3, 4, 5)), axes="czyx"[1:]).axes == "ZYX"


def test_zarr_arrays_may_name_their_dimensions(tmp_path):
    zarr.create_array(
        tmp_path / "three.zarr", shape=(3, 4, 5), dtype="u1", dimension_names=("t", "y", "x")
    )
    assert open_image(tmp_path / "three.zarr").axes == "TYX"
    two = zarr.create_array(tmp_path / "two.zarr", shape=(3, 4, 5), dtype="u1", zarr_format=2)
    with pytest.raises(AxesError, match="two.zarr"):
        open_image(tmp_path / "two.zarr")
    two.attrs["_ARRAY_DIMENSIONS"] = ["z", "y", "x"]
    assert open_image(tmp_path / "two.zarr").axes == "ZYX"
    assert open_image(two).axes == "ZYX"


def test_an_opened_image_passes_through():
    image = Image(np.zeros((3, 4, 5)), "ZYX")
    assert open_image(image) is image
    assert open_image(image, axes="TYX").axes == "TYX"


def test_name_can_be_given():
    assert open_image(np.zeros((4, 5)), name="scan").name == "scan"
