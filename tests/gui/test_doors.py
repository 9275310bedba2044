"""One recipe, three doors: window, script and command come to the same labels."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from qtpy.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog
from tests.gui.conftest import MINUTE, TINY

import napari_fcnseg as fs
from napari_fcnseg.gui import train as module
from napari_fcnseg.gui.layers import layer_classes
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.scripts.recipe_file import read_recipe, write_recipe

OPTIONS = {name: TINY[name] for name in ("depth", "width")}
FIELDS = {name: TINY[name] for name in TINY.keys() - OPTIONS.keys()}
STEPS = fs.Recipe(net_options=OPTIONS, steps=6, rate=1.25e-3, shares="painted", **FIELDS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that a person chooses in each dialog; its name is a hard one."""
    folder = tmp_path / "it's mine & ours"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    return folder


@pytest.fixture
def choose(qtbot):
    """Choose an entry of the menu, and wait for what it copies."""

    def choose(doors, title):
        QApplication.clipboard().clear()
        (entry,) = [a for a in doors.menu().actions() if a.text() == title]
        entry.trigger()
        qtbot.waitUntil(doors.isEnabled, timeout=MINUTE)
        return QApplication.clipboard().text()

    return choose


@pytest.fixture
def drop(qtbot):
    """Drop files on a widget; tell whether it takes them."""

    def drop(widget, *paths):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton)
        enter = QDragEnterEvent(QPoint(9, 9), *how, Qt.KeyboardModifier.NoModifier)
        enter.ignore()
        QApplication.sendEvent(widget, enter)
        if enter.isAccepted():
            dropped = QDropEvent(QPointF(9, 9), *how, Qt.KeyboardModifier.NoModifier)
            assert dropped.type() == QEvent.Type.Drop
            QApplication.sendEvent(widget, dropped)
        return enter.isAccepted()

    return drop


@pytest.fixture
def threads(monkeypatch):
    """How many threads of torch train in the window: sums in another order are other sums."""
    found, start = [], module.train

    def train(*data, **how):
        found.append(torch.get_num_threads())  # of the thread that runs the job
        return start(*data, **how)

    monkeypatch.setattr(module, "train", train)
    return found


def run(words, folder, threads):
    """Run a script or a command in a process of its own, with as many threads."""
    threads = str(threads)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "PATH": path}
    done = subprocess.run(
        words, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]


def run_python(text, folder, threads):
    script = folder / "script.py"
    script.write_text(text, "utf-8")
    run([sys.executable, str(script)], folder, threads)


def test_window_script_and_command_give_the_same_labels(
    train, threads, dock, press, ended, choose, drop, folder, layers, viewer, tmp_path
):
    image, strokes = layers
    strokes.features = {"index": [1, 2, 3], "class": ["wand", "zelle", "kern"]}
    assert drop(train, write_recipe(STEPS, tmp_path / "steps.toml"))
    train.form.device.value = "cpu"
    press(train.panel.start_button)
    ended(train)
    ended(train)  # it is kept, too
    assert train.model.recipe == STEPS
    assert train.model.provenance["steps"] == STEPS.steps

    script = choose(train.doors, "Copy as Python")
    assert len(script.splitlines()) < 20
    assert "#" not in script  # nothing stands against the same weights
    run_python(script, folder, *threads)
    command = choose(train.doors, "Copy as command")
    run(shlex.split(command), folder, *threads)
    models = [fs.load_model(folder / f"stack-model{n}.zip", check=True) for n in ("", "-2")]
    assert {fingerprint(model) for model in models} == {fingerprint(train.model)}
    for model in models:
        assert model.classes == train.model.classes == tuple(layer_classes(strokes, [1, 2, 3]))
        assert model.pixel_size == train.model.pixel_size
        assert model.recipe == STEPS

    segment = dock("Segment")
    segment.form.image.value = image
    segment.form.device.value = "cpu"
    segment.form.output.value = "file"
    segment.form.path.value = folder / "window.ome.zarr"
    press(segment.panel.start_button)
    ended(segment)
    run_python(choose(segment.doors, "Copy as Python"), folder, *threads)
    run(shlex.split(choose(segment.doors, "Copy as command")), folder, *threads)
    files = ["window", "stack.labels", "stack-2.labels"]
    found = [chunks(folder / f"{name}.ome.zarr") for name in files]
    assert found[0]
    assert found[0] == found[1] == found[2]
    assert set(np.unique(fs.open_image(folder / "stack.labels.ome.zarr").data[:])) <= {1, 2, 3}


def chunks(path):
    """Bytes of the pixels of an OME-Zarr, by file; metadata tell of names and times."""
    files = (file for file in path.rglob("*") if file.is_file() and file.suffix != ".json")
    return {file.relative_to(path): file.read_bytes() for file in files}


def test_a_region_is_segmented_by_its_script_and_command(
    dock, layers, model, viewer, choose, folder, told
):
    from napari_fcnseg.gui.choices import trained_models

    trained_models(viewer).add(model)
    segment = dock("Segment")
    segment.form.image.value = layers[0]
    segment.form.device.value = "cpu"
    segment.form.region.value = "the current slice"
    viewer.dims.set_current_step(0, 4)
    script = choose(segment.doors, "Copy as Python")
    assert "region=((4, 5), (0, 160), (0, 176))" in script
    run_python(script, folder, torch.get_num_threads())
    found = fs.open_image(folder / "stack.labels.ome.zarr")
    assert np.array_equal(found.data[0], fs.segment(model, layers[0].data, axes="ZYX")[4])
    line = choose(segment.doors, "Copy as command")
    assert "--region Z=4:5,Y=0:160,X=0:176" in line
    run(shlex.split(line), folder, torch.get_num_threads())
    again = folder / "stack-2.labels.ome.zarr"
    assert chunks(again) == chunks(folder / "stack.labels.ome.zarr")
    assert not told


def test_a_run_by_the_clock_is_repeated_by_its_steps(train, press, ended, choose, folder):
    before = choose(train.doors, "Copy as Python")
    assert before.startswith("# a budget in minutes gives other weights each time")
    press(train.panel.start_button)
    ended(train)
    after = choose(train.doors, "Copy as Python")
    assert f"steps={train.model.provenance['steps']}" in after
    assert "was trained by the clock" in after.splitlines()[0]
    train.form.minutes.value = 3
    assert "steps=" not in choose(train.doors, "Copy as Python")


def test_a_dropped_recipe_fills_the_form(train, drop, told, tmp_path, ended, press):
    recipe = fs.Recipe(
        net="unet", net_options={"depth": 3, "width": 8, "up": "nearest"}, minutes=0.123,
        rate=1.25e-5, pixel_size=8.0, class_weights=[1.0, 2.0, 1.0], rotate="any",
    )  # fmt: skip
    assert drop(train, write_recipe(recipe, tmp_path / "r.toml"))
    assert train._recipe() == recipe
    assert train.form.net.value == "unet"
    assert train.settings.widgets["width"].value == 8
    assert "the settings are those of r.toml" in train.panel.status.text()
    assert train.form.steps.native.isHidden()
    assert drop(train, write_recipe(STEPS, tmp_path / "s.toml"))
    assert not train.form.steps.native.isHidden()
    assert train.form.minutes.native.isHidden()
    assert train._recipe() == STEPS
    train.form.steps.value = 0  # by the clock again
    assert train.form.steps.native.isHidden()
    assert not train.form.minutes.native.isHidden()
    assert train._recipe().steps == 0


def test_a_dropped_model_tells_its_recipe(train, press, ended, drop, tmp_path):
    press(train.panel.start_button)
    ended(train)
    path = train.model.save(tmp_path / "m.zip")
    trained = train._recipe()
    train.settings.widgets["patch"].value = 64
    train.form.net.value = "segnet"
    assert drop(train, path)
    assert train._recipe() == trained == train.model.recipe


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("r.toml", "rat = 1.0", "did you mean 'rate'"),
        ("r.toml", "net = 'unett'", "did you mean 'unet'"),
        ("r.toml", "net = 'unet'\n[net_options]\ncolour = 1", "no option 'colour'"),
        ("r.toml", "= what", "not valid"),
        ("m.zip", "no zip", "not a model package"),
    ],
)
def test_what_is_wrong_with_a_dropped_file_is_told_and_nothing_changes(
    name, text, words, train, drop, told, tmp_path, qtbot
):
    before = train._recipe()
    path = tmp_path / name
    path.write_text(text)
    assert drop(train, path)
    qtbot.waitUntil(lambda: bool(told))
    assert words in told[-1]
    assert train._recipe() == before


def test_other_files_are_left_to_napari(train, drop, tmp_path):
    before = train._recipe()
    recipe = write_recipe(STEPS, tmp_path / "r.toml")
    assert not drop(train, tmp_path / "image.tif")
    assert not drop(train, recipe, tmp_path / "image.tif")
    assert train._recipe() == before


def test_a_recipe_is_saved_and_opened_again(train, monkeypatch, tmp_path, choose):
    train.settings.widgets["patch"].value = 48
    train.form.minutes.value = 1.5
    recipe, path = train._recipe(), tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    choose(train.doors, "Save recipe ...")
    assert read_recipe(path) == recipe
    train.settings.widgets["patch"].value = 128
    train.form.net.value = "segnet"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    choose(train.doors, "Open recipe ...")
    assert train._recipe() == recipe


def test_nothing_is_copied_where_something_is_missing(
    dock, viewer, choose, told, monkeypatch, folder, qtbot
):
    train = dock("Train")
    assert not choose(train.doors, "Copy as Python")
    assert "no image layer" in told[-1]
    viewer.add_image(np.zeros((64, 64), np.uint8), name="image")
    viewer.add_labels(np.zeros((64, 64), np.uint8), name="nothing")
    assert not choose(train.doors, "Copy as Python")
    qtbot.waitUntil(lambda: "layer 'nothing' has no labelled pixel" in told[-1])
    assert train.panel.status.text() == "nothing was copied"
    assert not list(folder.iterdir())
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")  # Cancel
    assert not choose(train.doors, "Copy as Python")


def test_closing_the_widget_while_it_copies(train, choose, folder, viewer, qtbot):
    QApplication.clipboard().setText("what was there")
    (entry,) = [a for a in train.doors.menu().actions() if a.text() == "Copy as Python"]
    entry.trigger()
    viewer.window.remove_dock_widget(train)
    qtbot.waitUntil(lambda: (folder / "stack-labels.ome.zarr").exists(), timeout=MINUTE)
    assert QApplication.clipboard().text() == "what was there"
