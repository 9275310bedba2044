import os

import numpy as np
import pytest
import zarr

import napari_fcnseg as fs
from napari_fcnseg.annotations.folder import annotation_path, open_folder
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.annotations.stored_classes import folder_of, write_classes
from napari_fcnseg.errors import AnnotationError, OutputError

CLASSES = [fs.SegClass(1, "membrane", "#112233"), fs.SegClass(7, "cell", "#445566")]
PIXELS = np.random.default_rng(0).integers(0, 256, (2, 5, 700, 600), np.uint8)
IMAGE = fs.Image(PIXELS, "CZYX", (1, 30.0, 4.0, 4.0), ("pixel", *["nanometer"] * 3), "my stack.tif")


@pytest.fixture
def path(tmp_path):
    return annotation_path(tmp_path / "project", IMAGE)


def chunk_files(path):
    return sorted(str(f.relative_to(path / "0")) for f in (path / "0").rglob("*") if f.is_file())


def test_a_new_folder_is_a_label_image_without_a_chunk(path):
    array = open_folder(path, IMAGE, CLASSES)
    assert path.name == "my-stack-tif-annotation.ome.zarr"
    assert chunk_files(path) == ["zarr.json"]
    opened = fs.open_image(path)
    assert (opened.axes, opened.shape, opened.dtype) == ("ZYX", (5, 700, 600), np.uint8)
    assert (opened.scale, opened.units) == ((30, 4, 4), ("nanometer",) * 3)
    assert known_classes(path) == CLASSES
    assert folder_of(array) == path
    assert not list(path.parent.glob("*.partial"))


def test_only_what_is_painted_is_stored_and_it_is_there_when_opened_again(path):
    array = open_folder(path, IMAGE, CLASSES)
    array[3, 10:20, 520:530] = 7
    assert chunk_files(path) == ["c/3/0/1", "zarr.json"]
    again = open_folder(path, IMAGE, [fs.SegClass(9, "other", "#000000")])
    assert np.array_equal(again[:], array[:])
    assert (again[:] == 7).sum() == 100
    assert known_classes(path) == CLASSES


def test_training_takes_names_and_colours_from_the_folder(path):
    array = open_folder(path, IMAGE, CLASSES)
    array[0, :9], array[1, :9] = 1, 7
    renamed = [fs.SegClass(1, "wall", "#ff0000"), CLASSES[1]]
    write_classes(path, renamed)
    assert list(fs.open_annotation(path, IMAGE).classes) == renamed
    assert fs.open_annotation(path, IMAGE, classes={1: "a", 7: "b"}).classes[0].name == "a"
    assert fs.open_image(path).scale == (30, 4, 4)  # the rest of the metadata stays


def test_a_folder_of_another_image_is_refused_and_stays_as_it_is(path):
    open_folder(path, IMAGE, CLASSES)[0, 0, 0] = 1
    other = fs.Image(np.zeros((5, 700, 601)), "ZYX", name=IMAGE.name)
    with pytest.raises(AnnotationError, match=r"5 x 700 x 600.*5 x 700 x 601.*another folder"):
        open_folder(path, other, CLASSES)
    time = fs.Image(np.zeros((5, 700, 600)), "TYX", name=IMAGE.name)
    with pytest.raises(AnnotationError, match="TYX"):
        open_folder(path, time, CLASSES)
    assert open_folder(path, IMAGE, CLASSES)[0, 0, 0] == 1


def test_what_is_no_annotation_is_refused(tmp_path, model):
    prediction = tmp_path / "p.ome.zarr"
    image = fs.Image(np.zeros((1100, 900), np.uint8), "YX")
    fs.predict(model, image, prediction).wait()
    with pytest.raises(AnnotationError, match="pyramid"):
        open_folder(prediction, image, CLASSES)
    plain = tmp_path / "plain.zarr"
    zarr.create_array(plain, shape=(1100, 900), dtype="u1")
    with pytest.raises(AnnotationError, match="holds no strokes"):
        open_folder(plain, image, CLASSES)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        open_folder(annotation_path(tmp_path / "file", image), image, CLASSES)
    assert folder_of(zarr.open(plain)) is None
    assert folder_of(np.zeros((2, 2))) is None


def test_a_folder_that_may_not_be_written_is_refused(path, monkeypatch):
    open_folder(path, IMAGE, CLASSES)
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK)
    with pytest.raises(OutputError, match="cannot be written"):
        open_folder(path, IMAGE, CLASSES)


def test_a_zarr_that_is_chosen_is_the_annotation_itself(path):
    open_folder(path, IMAGE, CLASSES)
    assert annotation_path(path, IMAGE) == path
