import pickle

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from napari_fcnseg.errors import AxesError, ImageError
from napari_fcnseg.images.open import open_image

STACK = np.random.default_rng(5).integers(0, 255, (12, 20, 30), dtype=np.uint8)


@pytest.fixture(params=["png", "tif"])
def folder(request, tmp_path):
    for i, plane in enumerate(STACK):
        path = tmp_path / f"slice{i}.{request.param}"  # 10 sorts behind 9
        if request.param == "png":
            Pillow.fromarray(plane).save(path)
        else:
            tifffile.imwrite(path, plane)
    return tmp_path


def test_a_folder_asks_what_its_files_are(folder):
    with pytest.raises(AxesError, match=r"12 files of YX.*slices \(ZYX\) or a time series \(TYX\)"):
        open_image(folder)


def test_a_folder_or_glob_in_natural_order(folder):
    for source in (folder, str(folder / "slice*")):
        image = open_image(source, axes="ZYX")
        assert image.shape == STACK.shape
        assert np.array_equal(image.read({})[0], STACK)
        assert np.array_equal(image.read({"Z": (9, 11), "Y": (3, 5)})[0], STACK[9:11, 3:5])
    assert np.array_equal(pickle.loads(pickle.dumps(image)).read({})[0], STACK)


def test_a_slice_of_another_type_is_named_when_it_is_read(folder):
    Pillow.fromarray(STACK[0].astype(np.uint16)).save(folder / "slice5b.png")
    image = open_image(folder, axes="ZYX")
    with pytest.raises(ImageError, match=r"slice5b.png is \(20, 30\) uint16, but the first slice"):
        image.read({"Z": (5, 7)})


def test_a_damaged_slice_is_named(folder):
    victim = sorted(folder.iterdir())[3]
    image = open_image(folder, axes="ZYX")
    victim.write_bytes(b"gone")
    with pytest.raises(ImageError, match=victim.name):
        image.read({})


def test_files_that_are_no_images_are_told(folder):
    (folder / "notes.txt").write_text("thesis")
    (folder / ".hidden.png").write_text("x")
    image = open_image(folder, axes="ZYX")
    assert len(image.notes) == 1
    assert "1 files that are not images were left out" in image.notes[0]


def test_colour_slices(tmp_path):
    colour = np.random.default_rng(6).integers(0, 255, (3, 8, 9, 3), dtype=np.uint8)
    for i, plane in enumerate(colour):
        Pillow.fromarray(plane).save(tmp_path / f"{i}.png")
    with pytest.raises(AxesError, match="ZYXC"):
        open_image(tmp_path)
    image = open_image(tmp_path, axes="ZYXC")
    assert image.channels == 3
    assert np.array_equal(image.read({}), colour.transpose(3, 0, 1, 2))


def test_slices_of_other_sizes_are_found_at_once(tmp_path):
    for i, height in enumerate((20, 20, 21)):
        Pillow.fromarray(np.zeros((height, 30), np.uint8)).save(tmp_path / f"{i}.png")
    with pytest.raises(ImageError, match=r"2\.png has 21 x 30 pixels.*0\.png, has 20 x 30"):
        open_image(tmp_path, axes="ZYX")
