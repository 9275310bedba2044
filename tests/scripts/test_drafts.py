"""What is open in a window, as files that a script finds again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.conftest import CLASSES

import napari_fcnseg as fs
from napari_fcnseg.annotations.folder import open_folder
from napari_fcnseg.annotations.instances import BORDER, INSIDE
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import AnnotationError, ImageError
from napari_fcnseg.scripts import opened
from napari_fcnseg.scripts.opened import Opened
from napari_fcnseg.scripts.predict_draft import PredictDraft
from napari_fcnseg.scripts.train_draft import TrainDraft

SCALE, UNITS = (30.0, 4.0, 4.0), ("nanometer",) * 3


@pytest.fixture
def image(painted):
    return fs.Image(np.array(painted[0]), "ZYX", SCALE, UNITS, "my: stack")


@pytest.fixture
def draft(image, painted):
    def draft(labels=None, path=None, **more):
        labels = np.array(painted[2]) if labels is None else labels
        classes = (fs.SegClass(1, "wand", "#102030"), fs.SegClass(9, "unused", "#000000"))
        source = Opened(image, "ZYX", path)
        how = {"labels_path": None, "recipe": fs.Recipe(steps=5)} | more
        return TrainDraft(source, labels, classes, "layer 'strokes'", **how)

    return draft


def test_what_is_in_memory_gets_a_file(draft, image, painted, tmp_path):
    run = draft().run(tmp_path)
    assert [p.name for p in (run.image, run.labels, run.out)] == [
        "my-stack.ome.zarr", "my-stack-labels.ome.zarr", "my-stack-model.zip",
    ]  # fmt: skip
    found = fs.open_image(run.image)
    assert np.array_equal(found.data[:], image.data)
    assert (found.axes, found.scale, found.units, run.axes) == ("ZYX", SCALE, UNITS, None)
    labels = fs.open_annotation(run.labels, found)
    assert np.array_equal(labels.labels.data[:], painted[2])
    assert [(c.id, c.name) for c in labels.classes] == [(1, "wand"), (2, "class 2"), (3, "class 3")]
    assert labels.classes[0].color == "#102030"
    assert not run.out.exists()


def test_a_second_copy_writes_nothing_that_is_there(draft, painted, tmp_path):
    first = draft().run(tmp_path)
    written = sorted(tmp_path.iterdir())
    assert draft().run(tmp_path) == first
    assert sorted(tmp_path.iterdir()) == written
    more = np.array(painted[2])
    more[0, 0, 0] = 2
    later = draft(more).run(tmp_path)
    assert later.image == first.image
    assert later.labels.name == "my-stack-labels-2.ome.zarr"  # what was copied first stays
    assert np.array_equal(fs.open_image(first.labels).data[:], painted[2])
    assert np.array_equal(fs.open_image(later.labels).data[:], more)


def test_files_of_others_are_never_replaced(draft, tmp_path):
    (tmp_path / "my-stack.ome.zarr").mkdir()
    (tmp_path / "my-stack.ome.zarr" / "diary.txt").write_text("mine")
    (tmp_path / "my-stack-labels.ome.zarr").write_text("mine")
    (tmp_path / "my-stack-model.zip").write_text("mine")
    run = draft().run(tmp_path)
    assert [p.name for p in (run.image, run.labels, run.out)] == [
        "my-stack-2.ome.zarr", "my-stack-labels-2.ome.zarr", "my-stack-model-2.zip",
    ]  # fmt: skip
    assert (tmp_path / "my-stack-labels.ome.zarr").read_text() == "mine"


def test_a_file_is_taken_as_it_is_if_it_opens_as_what_is_shown(draft, image, tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, image.data)  # without axes
    run = draft(path=path).run(tmp_path)
    assert (run.image.parent, run.axes) == (tmp_path, None)  # it has no pixel size
    plain = fs.Image(image.data, "ZYX", name="stack")
    told = TrainDraft(
        Opened(plain, "ZYX", path), draft().labels, (), "labels", None, fs.Recipe()
    ).run(tmp_path)
    assert told.image == path
    assert fs.open_image(path, axes=told.axes).axes == "ZYX"
    changed = fs.Image(255 - image.data, "ZYX", name="stack")
    copy, _ = Opened(changed, "ZYX", path).file(tmp_path)
    assert copy == tmp_path / "stack.ome.zarr"
    assert np.array_equal(fs.open_image(copy).data[:], changed.data)


def test_colours_and_channels_come_through(tmp_path, painted):
    pixels = np.stack([painted[0], 255 - painted[0]], axis=1)
    for axes in ("ZCYX", "TCYX"):
        shown = fs.Image(pixels, axes, name=axes)
        path, stated = Opened(shown, axes).file(tmp_path)
        found = fs.open_image(path, axes=stated)
        window = ((0, 3), (5, 70), (0, 9))
        assert np.array_equal(found.read(window), shown.read(window))
        assert Opened(shown, axes).file(tmp_path) == (path, stated)


def test_a_large_image_without_a_file_is_not_copied(image, tmp_path, monkeypatch):
    monkeypatch.setattr(opened, "MOST", 1000)
    with pytest.raises(ImageError, match="my: stack has no file .* save it as OME-Zarr"):
        Opened(image, "ZYX").file(tmp_path)
    assert not list(tmp_path.iterdir())


def test_strokes_in_a_folder_stay_where_they_are(draft, image, painted, tmp_path):
    path = tmp_path / "strokes.ome.zarr"
    array = open_folder(path, image, [fs.SegClass(1, "wand", "#102030")])
    array[1] = np.where(painted[2][1] == 1, 1, 0)
    array[2] = np.where(painted[0][2] > 200, 1, 0)
    run = draft(array, labels_path=path).run(tmp_path / "new")
    assert run.labels == path
    array[3, :9] = 2  # a class without a name in the file
    run = draft(array, labels_path=path).run(tmp_path / "new")
    assert run.labels.parent == tmp_path / "new"
    assert [c.name for c in known_classes(run.labels)] == ["wand", "class 2"]


def test_ids_of_objects_are_kept(draft, painted, tmp_path):
    ids = np.zeros(painted[0].shape, np.int32)
    for i, (y, x) in enumerate(np.ndindex(4, 4)):
        ids[:2, 4 + 30 * y : 30 + 30 * y, 4 + 30 * x : 30 + 30 * x] = 1000 + i
    run = draft(fs.Instances(ids, 3), unpainted="background").run(tmp_path)
    assert (run.instances, run.unpainted) == (3, "background")
    assert np.array_equal(fs.open_image(run.labels).data[:], ids)
    assert not known_classes(run.labels)
    found = fs.open_annotation(
        fs.Instances(run.labels, run.instances), fs.open_image(run.image), unpainted="background"
    )
    assert found.classes[1:] == (INSIDE, BORDER)


def test_points_become_the_labels_that_they_are(draft, image, tmp_path):
    points = fs.Points.named([[1, 20, 20], [2, 50, 50]], ["a", "b"], radius=4)
    run = draft(points).run(tmp_path)
    drawn = points.labels(image)
    assert np.array_equal(fs.open_image(run.labels).data[:], drawn.read({})[0])
    assert [c.name for c in known_classes(run.labels)] == ["wand", "b"]


def test_what_cannot_train_is_said_before_anything_is_written(draft, tmp_path):
    with pytest.raises(AnnotationError, match="layer 'strokes' has no labelled pixel"):
        draft(np.zeros((6, 160, 176), np.uint8)).run(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_recipe_that_needs_a_file_has_one(draft, tmp_path):
    recipe = fs.Recipe(rate=1.25e-5, steps=3)
    run = draft(recipe=recipe).run(tmp_path)
    assert fs.Recipe.from_toml(run.recipe_file) == recipe
    other = draft(recipe=fs.Recipe(rate=0.5)).run(tmp_path)
    assert [run.recipe_file.name, other.recipe_file.name] == ["recipe.toml", "recipe-2.toml"]


def test_a_prediction_of_a_layer_goes_to_a_file(model, image, tmp_path):
    draft = PredictDraft(lambda: image, model)
    run = draft.run(tmp_path)
    assert run.out == tmp_path / "my-stack.labels.ome.zarr"
    assert fs.load_model(run.model).classes == CLASSES
    chosen = tmp_path / "chosen.ome.tif"
    assert replace(draft, out=chosen).run(tmp_path).out == chosen
    chosen.write_text("is there")
    assert replace(draft, out=chosen).run(tmp_path).out == run.out
    assert len(list(tmp_path.glob("*.zip"))) == 1  # the model is kept once
    known = replace(draft, model_file=run.model, path=run.image).run(tmp_path / "other")
    assert (known.model, known.image) == (run.model, run.image)
    assert not (tmp_path / "other").exists()
    fs.predict(fs.load_model(run.model), run.image, run.out).wait()
    expected = fs.segment(model, image.data, axes="ZYX")
    assert np.array_equal(fs.open_image(Path(run.out)).data[:], expected)
