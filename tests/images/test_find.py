"""What is an image among what a person names."""

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image as Pillow

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError


@pytest.fixture
def folder(tmp_path):
    """Images of three kinds, and what is none."""
    pixels = np.full((8, 9), 7, np.uint8)
    for name in ("zelle 10.tif", "zelle 9.tif", "größe.TIF"):
        tifffile.imwrite(tmp_path / name, pixels)
    Pillow.fromarray(pixels).save(tmp_path / "a.png")
    zarr.create_array(tmp_path / "b.zarr", data=pixels)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.tif").write_text("no image")
    (tmp_path / "sub").mkdir()
    tifffile.imwrite(tmp_path / "sub" / "deep.tif", pixels)
    return tmp_path


def names(found):
    return [path.name for path in found.images]


def test_a_folder_is_the_images_right_in_it(folder):
    found = fs.find_images(folder)
    assert names(found) == ["a.png", "b.zarr", "größe.TIF", "zelle 9.tif", "zelle 10.tif"]
    told = "\n".join(found.notes)
    assert "notes.txt" in told
    assert "sub" in told
    assert "hidden" not in told


def test_globs_are_expanded_here_and_end_at_a_zarr(folder):
    assert names(fs.find_images(f"{folder}/*elle*.tif")) == ["zelle 9.tif", "zelle 10.tif"]
    everywhere = fs.find_images(f"{folder}/**/*")
    assert set(names(everywhere)) == {*names(fs.find_images(folder)), "deep.tif"}
    assert not any("zarr.json" in note for note in everywhere.notes)


def test_an_image_is_taken_once(folder):
    found = fs.find_images([folder / "a.png", f"{folder}/*.png", folder / "sub" / ".." / "a.png"])
    assert names(found) == ["a.png"]


def test_a_name_with_brackets_is_a_name_if_it_is_there(folder):
    (folder / "a.png").rename(folder / "a[1].png")
    assert names(fs.find_images(folder / "a[1].png")) == ["a[1].png"]


def test_what_is_named_and_not_there_is_told_when_it_is_opened(folder):
    assert names(fs.find_images([folder / "none.tif"])) == ["none.tif"]


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.tif", "a.labels.ome.tif"])
def test_labels_are_no_input(folder, model, name):
    fs.predict(model, folder / "a.png", folder / name).wait()
    found = fs.find_images(folder)
    assert name not in names(found)
    assert f"left out, labels: {name}" in found.notes
    for beside in (".journal", ".partial"):  # told of neither
        assert not any(beside in note for note in found.notes)


def test_nothing_is_an_error_that_names_the_place(folder):
    (folder / "empty").mkdir()
    with pytest.raises(ImageError, match="empty folders"):
        fs.find_images(folder / "empty")
    with pytest.raises(ImageError, match="match nothing"):
        fs.find_images(f"{folder}/*.lsm")
    with pytest.raises(ImageError, match=r"no images: notes\.txt"):
        fs.find_images(folder / "notes.txt")
    with pytest.raises(ImageError, match="an empty list"):
        fs.find_images([])
