"""What goes wrong while a network learns: what was painted and learned is kept, nothing hangs."""

import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from napari.layers import Labels
from tests.conftest import make_model
from tests.gui.conftest import MINUTE, TINY
from tests.gui.test_close import engine_threads, settle
from tests.gui.test_live_loop import LONG, go_on, pause

import napari_fcnseg as fs
from napari_fcnseg.annotations.folder import annotation_path, open_folder
from napari_fcnseg.gui import rescue
from napari_fcnseg.gui.annotation_layer import FIRST, new_annotation
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.rescue import take_over
from napari_fcnseg.gui.train import TrainWidget
from napari_fcnseg.images import whole
from napari_fcnseg.models.library import Library

KILLED = """
import os, signal, sys
from pathlib import Path
import napari, numpy as np
from qtpy.QtCore import QTimer
from napari_fcnseg.gui import rescue
from napari_fcnseg.gui.annotation_layer import new_annotation
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.models.library import Library

folder = Path(sys.argv[1])
rescue.EVERY = 0.5
viewer = napari.Viewer()
stack = viewer.add_image(np.load(folder / "stack.npy"), name="stack", axis_labels=("z", "y", "x"))
strokes, _ = new_annotation(viewer, stack, layer_image(stack, "ZYX"), folder)
strokes.data[:] = np.load(folder / "strokes.npy")
train = viewer.window.add_plugin_dock_widget("napari-fcnseg", "Train")[1]
train.form.minutes.value = 100
for name, value in %r.items():
    train.settings.widgets[name].value = value

def look():
    if list((Library().folder / rescue.FOLDER).glob("*.pt")):
        strokes.brush_size = 5
        strokes.paint((2, 30, 30), 3)
        os.kill(os.getpid(), signal.SIGKILL)

timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
train.panel.start_button.click()
napari.run()
"""


@pytest.fixture
def learning(train, press, qtbot):
    """The Train widget, some steps into a long training."""
    train.form.minutes.value = 100
    press(train.panel.start_button)
    go_on(train, qtbot)
    return train


@pytest.fixture
def stop(press, ended):
    def stop(train):
        press(train.panel.stop_button)
        ended(train)

    return stop


@pytest.fixture
def often(monkeypatch):
    """What is learned is written every moment."""
    monkeypatch.setattr(rescue, "EVERY", 0.2)


@pytest.fixture
def full(monkeypatch):
    """A disk that has no room for a model, until it is undone."""

    def sync(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(whole, "sync", sync)
        yield patch


def written():
    """Files of trainings that run, or were cut off."""
    return sorted(p.name for p in (Library().folder / rescue.FOLDER).glob("*"))


def models():
    return sorted(path.name for path in Library().folder.glob("*.zip"))


def remove(viewer, *names):
    """Remove layers; hidden ones, as llvmpipe crashes when napari draws labels without an image."""
    for layer in viewer.layers:
        if isinstance(layer, Labels):
            layer.visible = False
    for name in names:
        viewer.layers.remove(name)


@pytest.mark.parametrize(
    ("names", "paused"),
    [(["strokes"], False), (["stack"], False), (["stack", "strokes"], True)],
    ids=["strokes", "image", "both, paused"],
)
def test_it_goes_on_without_its_layers(learning, names, paused, viewer, press, stop, told, qtbot):
    if paused:
        pause(learning, press, qtbot)
    remove(viewer, *names)
    qtbot.wait(200)
    if paused:
        press(learning.pause_button)
    go_on(learning, qtbot, 10)
    press(learning.tools.next_button)
    qtbot.waitUntil(lambda: "region 1 of" in learning.panel.status.text(), timeout=LONG)
    stop(learning)
    assert "kept in Models as stack-model.zip" in learning.panel.status.text()
    assert models() == ["stack-model.zip"]
    assert not told


def test_it_goes_on_without_any_layer(learning, viewer, press, stop, told, qtbot):
    qtbot.waitUntil(lambda: "preview of stack" in viewer.layers, timeout=LONG)
    remove(viewer)
    viewer.layers.clear()
    go_on(learning, qtbot, 10)
    press(learning.tools.next_button)
    qtbot.waitUntil(lambda: "region 1 of" in learning.panel.status.text(), timeout=LONG)
    stop(learning)
    assert models() == ["stack-model.zip"]
    assert not told
    assert not viewer.layers
    press(learning.panel.start_button)
    assert "there is no image layer" in told[-1]


def test_a_preview_that_was_removed_stays_away(learning, viewer, stop, told, qtbot):
    qtbot.waitUntil(lambda: "preview of stack" in viewer.layers, timeout=LONG)
    viewer.layers.remove("preview of stack")
    viewer.dims.set_current_step(0, 5)
    go_on(learning, qtbot, 10)
    stop(learning)
    assert "preview of stack" not in viewer.layers
    assert not told


def test_layers_may_be_renamed_and_scaled(learning, viewer, layers, stop, told, qtbot):
    stack, strokes = layers
    qtbot.waitUntil(lambda: "preview of stack" in viewer.layers, timeout=LONG)
    shown = viewer.layers["preview of stack"]
    stack.name, strokes.name = "other", "painted"
    for layer in layers:
        layer.scale, layer.translate = (60, 8, 8), (0, 7, 9)
    assert (learning.form.image.value, learning.form.labels.value) == (stack, strokes)
    z = 5
    viewer.dims.set_point(0, 60 * z)
    qtbot.waitUntil(lambda: bool(np.asarray(shown.data[z]).any()), timeout=LONG)
    assert tuple(shown.scale) == (60, 8, 8)
    assert tuple(shown.translate) == (0, 7, 9)
    before = len(learning.curve.plot.loss)
    strokes.paint((z, 30, 30), 1)
    qtbot.waitUntil(lambda: len(learning.curve.plot.loss) > before + 5, timeout=LONG)
    stop(learning)
    assert models() == ["stack-model.zip"]
    assert not told


def test_it_is_started_once(learning, dock, press, stop, qtbot):
    assert not learning.panel.start_button.isEnabled()
    job = learning.panel.job
    assert dock("Train") is learning
    go_on(learning, qtbot)
    assert learning.panel.job is job
    stop(learning)


def test_two_may_learn_from_the_same_layers(learning, viewer, press, stop, ended, told, qtbot):
    other = TrainWidget(viewer)
    viewer.window.add_dock_widget(other, name="another")
    for name, value in TINY.items():
        other.settings.widgets[name].value = value
    other.form.minutes.value = 0.05
    other.start()
    ended(other)
    go_on(learning, qtbot)
    stop(learning)
    assert models() == ["stack-model-2.zip", "stack-model.zip"]
    assert not told


def test_another_widget_works_beside_it(learning, viewer, dock, press, ended, stop, told, qtbot):
    trained_models(viewer).add(net := make_model())
    segment = dock("Segment")
    segment.form.image.value = viewer.layers["stack"]
    press(segment.panel.start_button)
    ended(segment)
    expected = fs.segment(net, viewer.layers["stack"].data, axes="ZYX")
    assert np.array_equal(viewer.layers["stack segmented"].data, expected)
    go_on(learning, qtbot)
    stop(learning)
    assert learning.model.name == "stack model"
    assert not told


def test_a_disk_that_is_full_for_a_while(often, full, told, learning, stop, qtbot):
    go_on(learning, qtbot, 10)
    (said,) = told  # once
    assert "No space left on device" in said
    assert "The training goes on; until there is room" in said
    full.undo()
    qtbot.waitUntil(lambda: any(name.endswith(".pt") for name in written()), timeout=LONG)
    stop(learning)
    assert models() == ["stack-model.zip"]
    assert not written()
    assert len(told) == 1


def test_what_does_not_fit_on_the_disk_in_the_end_is_still_there(
    learning, full, press, stop, told, ended, qtbot, tmp_path
):
    press(learning.tools.keep_button)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    assert "No space left on device" in told[0]
    go_on(learning, qtbot)  # it goes on
    assert any(version.kept for version in learning.versions.versions)
    stop(learning)
    assert "No space left on device" in told[1]
    assert not models()
    full.undo()
    learning.save_button.save(tmp_path / "m.zip")
    assert fs.load_model(tmp_path / "m.zip").provenance["steps"] > 3


def test_what_another_window_trains_is_left_to_it(often, learning, stop, qtbot):
    qtbot.waitUntil(lambda: any(name.endswith(".pt") for name in written()), timeout=LONG)
    assert take_over(Library()) == []
    assert written()
    stop(learning)
    assert not written()
    assert models() == ["stack-model.zip"]


def test_closing_the_window_keeps_model_and_strokes(
    often, train, viewer, layers, press, qtbot, tmp_path
):
    before = engine_threads()
    stack, painted = layers
    image = layer_image(stack, "ZYX")
    strokes, path = new_annotation(viewer, stack, image, tmp_path)
    strokes.data[:] = painted.data
    train.form.labels.value, train.form.minutes.value = strokes, 100
    press(train.panel.start_button)
    go_on(train, qtbot)
    strokes.paint((2, 30, 30), 3)
    now = np.array(strokes.data)
    assert now[2, 30, 30] == 3
    job = train.panel.job
    viewer.close()
    settle(qtbot, before)
    qtbot.waitUntil(lambda: not job.running, timeout=MINUTE)
    assert models() == ["stack-model.zip"]
    assert not written()
    assert np.array_equal(np.asarray(open_folder(path, image, FIRST)), now)


def test_a_killed_process_loses_neither_model_nor_strokes(
    viewer, dock, painted, told, qtbot, tmp_path
):
    image, _, strokes = painted
    np.save(tmp_path / "stack.npy", image)
    np.save(tmp_path / "strokes.npy", strokes)
    command = [sys.executable, "-c", KILLED % TINY, str(tmp_path)]
    own = os.environ | {"NAPARI_CONFIG": str(tmp_path / "settings.yaml")}
    assert subprocess.run(command, env=own, check=False).returncode == -signal.SIGKILL
    assert not models()
    stack = fs.Image(image, "ZYX", name="stack")
    left = np.asarray(open_folder(annotation_path(tmp_path, stack), stack, FIRST))
    assert left[2, 30, 30] == 3
    assert np.array_equal(left[strokes > 0], strokes[strokes > 0])
    dock("Train")
    qtbot.waitUntil(lambda: bool(told), timeout=MINUTE)
    assert "in the middle of a training: its best model is kept as stack-model.zip" in told[0]
    assert models() == ["stack-model.zip"]
    assert not written()
    assert fs.load_model(Library().folder / models()[0], check=True).provenance["steps"] > 0
