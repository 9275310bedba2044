import json
import os
import signal
import subprocess
import sys
import textwrap

import dask.array as da
import numpy as np
import pytest
import zarr
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog
from tests.gui.conftest import MINUTE
from tests.gui.test_close import engine_threads, settle

import napari_fcnseg as fs
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.gui.class_table import COUNT, NAME
from napari_fcnseg.gui.layers import layer_classes
from napari_fcnseg.gui.llvm import keep_triton_out
from napari_fcnseg.gui.reader import get_reader

PLACE = {
    "scale": (30, 4, 4),
    "translate": (60, 8, 4),
    "units": ("nm",) * 3,
    "axis_labels": ("z", "y", "x"),
}


@pytest.fixture
def stack(viewer, painted):
    return viewer.add_image(np.array(painted[0]), name="stack", **PLACE)


@pytest.fixture
def widget(dock, stack):
    keep_triton_out()  # no job does it here, and a later test may train
    return dock("Annotate")


@pytest.fixture
def counted(qtbot):
    """Wait until all strokes are counted."""
    return lambda widget: qtbot.waitUntil(lambda: widget.editor.strokes.settled, timeout=MINUTE)


@pytest.fixture
def unfold(qtbot):
    """Open one of the folded parts, until its button can be pressed."""

    def unfold(fold, button):
        fold.expand(animate=False)
        qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty())

    return unfold


@pytest.fixture
def make(press, counted, unfold):
    """Make a new annotation layer, in a folder if one is given."""

    def make(widget, folder=None):
        unfold(widget.making, widget.new.button)
        widget.new.place.value = "memory" if folder is None else "folder"
        if folder is not None:
            widget.new.folder.value = folder
        press(widget.new.button)
        counted(widget)
        return widget.annotation.value

    return make


@pytest.fixture
def file(tmp_path):
    return tmp_path / "stack-annotation.ome.zarr"


def rows(widget):
    table = widget.editor.table
    return {
        table.item(row, NAME).text(): table.item(row, COUNT).text()
        for row in range(table.rowCount())
    }


def lies_like(layer, source):
    return all(
        np.array_equal(getattr(layer, name), getattr(source, name))
        for name in ("scale", "translate", "units", "axis_labels")
    )


def test_a_layer_in_memory_lies_on_its_image(widget, stack, make):
    assert widget.new.place.value == "memory"
    layer = make(widget)
    assert isinstance(layer.data, np.ndarray)
    assert layer.data.shape == stack.data.shape
    assert layer.name == "stack annotation"
    assert lies_like(layer, stack)
    assert (layer.mode, layer.selected_label) == ("paint", 1)
    assert rows(widget) == {"not labelled": "no class", "background": "0", "object": "0"}


def test_strokes_in_a_folder_are_there_in_a_new_viewer(
    widget, stack, viewer, make, file, tmp_path, make_napari_viewer
):
    layer = make(widget, tmp_path)
    layer.brush_size = 9
    layer.selected_label = 2
    layer.paint((3, 50, 60), 2)
    painted = np.asarray(layer.data)
    assert painted.sum() > 100
    assert np.array_equal(zarr.open(file)["0"][:], painted)
    assert lies_like(layer, stack)
    other = make_napari_viewer(show=True)
    other.add_image(np.array(stack.data), name="stack", **PLACE)
    second = other.window.add_plugin_dock_widget("napari-fcnseg", "Annotate")[1]
    again = make(second, tmp_path)
    assert np.array_equal(np.asarray(again.data), painted)
    assert rows(second)["object"] == f"{np.count_nonzero(painted):,}"
    assert np.array_equal(fs.open_image(file).read({})[0], painted)
    again.paint((0, 5, 5), 1)
    assert np.asarray(layer.data)[0, 5, 5] == 1


def test_a_folder_opened_as_a_file_takes_strokes_too(widget, make, tmp_path, file, viewer):
    layer = make(widget, tmp_path)
    viewer.layers.remove(layer)
    viewer.open(file, plugin="napari-fcnseg")
    opened = viewer.layers[-1]
    assert get_reader(str(file)) is not None
    opened.paint((1, 7, 7), 2)
    assert zarr.open(file)["0"][1, 7, 7] == 2
    assert widget.annotation.value == opened


def test_the_same_folder_is_not_opened_twice(widget, make, tmp_path, viewer):
    layer = make(widget, tmp_path)
    layer.name = "renamed"
    widget.annotation.value = viewer.add_labels(np.zeros((6, 160, 176), np.uint8), **PLACE)
    assert make(widget, tmp_path) == layer
    assert len(viewer.layers) == 3
    assert viewer.layers.selection.active == layer


KILLED = """
import os, signal, numpy as np, napari
from qtpy.QtWidgets import QApplication
viewer = napari.Viewer()
viewer.add_image(np.zeros((3, 700, 800), np.uint8), name="stack", axis_labels=("z", "y", "x"))
widget = viewer.window.add_plugin_dock_widget("napari-fcnseg", "Annotate")[1]
widget.new.place.value, widget.new.folder.value = "folder", {folder!r}
widget.new.button.click()
layer = widget.annotation.value
layer.brush_size = 21
for x in range(100, 700, 10):
    layer.paint((1, 500, x), 2)
widget.editor.rename(2, "cell")
print(int(np.count_nonzero(np.asarray(layer.data))), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_was_painted_survives_a_kill(qapp, tmp_path, file):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED).format(folder=str(tmp_path))],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    left = fs.open_image(file).read({})[0]
    assert np.count_nonzero(left) == int(done.stdout) > 10_000
    assert set(np.unique(left)) == {0, 2}
    assert [c.name for c in known_classes(file)] == ["background", "cell"]


def test_lazy_and_large_images_get_a_folder(widget, viewer, make, tmp_path, told, press):
    lazy = da.zeros((2, 4, 3000, 2000), chunks=(1, 1, 1000, 1000), dtype="u1")
    pyramid = viewer.add_image(
        [lazy, lazy[..., ::2, ::2]], name="big", scale=(1, *PLACE["scale"]), multiscale=True,
        axis_labels=("c", "z", "y", "x"), units=("pixel", *PLACE["units"]),
    )  # fmt: skip
    widget.new.image.value = pyramid
    assert widget.new.place.value == "folder"
    press(widget.new.button)
    assert "choose the project folder" in told[-1]
    layer = make(widget, tmp_path)
    assert layer.data.shape == (4, 3000, 2000)
    assert layer.data.chunks == (1, 512, 512)
    assert tuple(layer.scale) == (30, 4, 4)
    assert layer.axis_labels == ("z", "y", "x")
    assert fs.open_image(tmp_path / "big-annotation.ome.zarr").axes == "ZYX"


def test_a_plane_with_rgb(widget, viewer, make, tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    widget.new.image.value = viewer.add_image(rgb, name="rgb", scale=(2, 2), units=("um", "um"))
    layer = make(widget, tmp_path)
    layer.paint((20, 20), 1)
    opened = fs.open_image(tmp_path / "rgb-annotation.ome.zarr")
    assert (opened.axes, opened.scale) == ("YX", (2, 2))
    assert opened.units == ("micrometer",) * 2
    assert opened.read({}).any()


def test_refused_folders_leave_all_as_it_is(widget, viewer, make, tmp_path, told, press, unfold):
    viewer.layers.remove(make(widget, tmp_path))
    viewer.layers.remove("stack")
    unfold(widget.making, widget.new.button)
    viewer.add_image(np.zeros((5, 6, 7)), name="stack", axis_labels=("z", "y", "x"))
    widget.new.place.value, widget.new.folder.value = "folder", tmp_path
    press(widget.new.button)
    assert "6 x 160 x 176" in told[-1]
    assert "5 x 6 x 7" in told[-1]
    assert len(viewer.layers) == 1
    viewer.add_image(np.zeros((5, 6, 7)), name="unknown")
    widget.new.image.value = viewer.layers["unknown"]
    press(widget.new.button)
    assert "what are the axes" in told[-1]
    viewer.layers.clear()
    press(widget.new.button)
    assert "open an image" in told[-1]
    assert not widget.editor.isEnabled()


def test_edits_of_classes_reach_layer_file_and_training(
    widget, make, file, tmp_path, monkeypatch, press, stack
):
    layer = make(widget, tmp_path)
    press(widget.editor.add_button)
    assert layer.selected_label == 3
    table = widget.editor.table
    for row, name in enumerate(("wall", "cell", "gold"), 1):
        table.item(row, NAME).setText(name)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#123456"))
    press(widget.editor.colour_button)
    expected = ["wall", "cell", "gold"]
    classes = layer_classes(layer, [1, 2, 3])
    assert [c.name for c in classes] == expected
    assert classes[2].color == "#123456"
    assert known_classes(file) == classes
    layer.data_setitem((np.arange(3), np.arange(3), np.arange(3)), np.array([1, 2, 3], "u1"))
    image = fs.Image(stack.data, "ZYX")
    assert list(fs.open_annotation(file, image).classes) == classes
    attributes = json.loads((file / "zarr.json").read_text())["attributes"]
    assert attributes["ome"]["image-label"]["version"] == "0.5"


def test_other_features_of_a_class_stay(widget, make):
    layer = make(widget)
    layer.features = {"index": [1, 2], "class": ["wall", "cell"], "area": [10.0, 20.0]}
    widget.editor.table.item(2, NAME).setText("gold")
    assert layer.features["class"].tolist() == ["wall", "gold"]
    assert layer.features["area"].tolist() == [10, 20]


def test_a_class_goes_only_without_strokes(widget, make, told, counted, press, file, tmp_path):
    layer = make(widget, tmp_path)
    layer.paint((0, 9, 9), 2)
    painted = np.count_nonzero(np.asarray(layer.data))
    widget.editor.table.selectRow(1)
    counted(widget)
    press(widget.editor.remove_button)  # the first class has none
    assert rows(widget).keys() == {"not labelled", "object"}
    counted(widget)
    press(widget.editor.add_button)
    counted(widget)
    widget.editor.table.selectRow(2)
    press(widget.editor.remove_button)
    assert f"object) has {painted} labelled pixels in the layer stack annotation" in told[-1]
    layer.undo()
    counted(widget)
    widget.editor.table.selectRow(2)
    press(widget.editor.remove_button)
    assert [c.id for c in known_classes(file)] == [1]
    widget.editor.table.selectRow(1)
    press(widget.editor.remove_button)
    assert "only class" in told[-1]
    widget.editor.table.selectRow(0)
    press(widget.editor.remove_button)
    assert "choose the class" in told[-1]


def test_names_are_of_one_class_each(widget, make, told):
    layer = make(widget)
    widget.editor.table.item(1, NAME).setText("object")
    assert "class 2 is called 'object'" in told[-1]
    widget.editor.table.item(1, NAME).setText("  ")
    assert [c.name for c in layer_classes(layer, [1, 2])] == ["background", "object"]
    assert widget.editor.table.item(1, NAME).text() == "background"


@pytest.mark.parametrize("folder", [True, False])
def test_pixels_are_counted_after_painting_and_undo(widget, make, counted, qtbot, tmp_path, folder):
    layer = make(widget, tmp_path if folder else None)
    layer.paint((2, 30, 30), 1)
    layer.paint((4, 80, 80), 5)  # an id that no class has yet
    now = np.asarray(layer.data)
    qtbot.waitUntil(lambda: rows(widget).get("class 5") == f"{(now == 5).sum()}", timeout=MINUTE)
    assert rows(widget)["background"] == f"{(now == 1).sum()}"
    assert layer.get_color(5)[3] == 1
    layer.undo()
    qtbot.waitUntil(lambda: rows(widget)["class 5"] == "0", timeout=MINUTE)
    layer.undo()
    qtbot.waitUntil(lambda: rows(widget)["background"] == "0", timeout=MINUTE)


def test_keys_choose_classes_and_napari_keeps_its_own(widget, make, viewer, qtbot):
    layer = make(widget)
    canvas = viewer.window._qt_viewer.canvas.native
    qtbot.keyClick(canvas, Qt.Key.Key_5)
    assert layer.mode == "pick"
    qtbot.keyClick(canvas, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert (layer.mode, layer.selected_label) == ("paint", 2)
    assert widget.editor.table.chosen_id() == 2
    layer.selected_label = 1
    assert widget.editor.table.chosen_id() == 1
    viewer.window.remove_dock_widget(widget)
    qtbot.keyClick(canvas, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert layer.selected_label == 1
    qtbot.keyClick(canvas, Qt.Key.Key_1)
    assert layer.mode == "erase"


def test_only_layers_that_take_strokes_can_be_chosen(widget, viewer, tmp_path):
    ids = np.zeros((6, 160, 176), np.uint8)
    viewer.add_labels([ids, ids[:, ::2, ::2]], name="pyramid", multiscale=True)
    viewer.add_labels(ids, name="result").editable = False
    zarr.create_array(tmp_path / "r.zarr", data=ids)
    viewer.add_labels(zarr.open_array(tmp_path / "r.zarr", mode="r"), name="readonly")
    assert widget.annotation.value is None
    mine = viewer.add_labels(ids, name="mine")
    assert widget.annotation.choices == (None, mine)


def test_the_layer_may_go_or_be_renamed_in_the_middle(widget, make, viewer, tmp_path, counted):
    first, second = make(widget, tmp_path), make(widget)
    assert first != second
    assert widget.annotation.value == second
    second.name = "other"
    viewer.layers.remove(second)
    counted(widget)
    assert widget.annotation.value == first
    viewer.layers.remove(first)
    assert rows(widget) == {"not labelled": "no class"}
    assert not widget.editor.isEnabled()


def test_closing_lets_go_of_everything(widget, make, viewer, tmp_path, qtbot):
    threads = engine_threads()
    layer = make(widget, tmp_path)
    layer.paint((0, 5, 5), 2)
    viewer.window.remove_dock_widget(widget)
    settle(qtbot, threads)
    before = rows(widget)
    layer.paint((0, 50, 50), 2)
    layer.name = "renamed"
    viewer.layers.remove(layer)
    qtbot.wait(300)
    assert rows(widget) == before


def test_the_window_may_close_while_pixels_are_counted(widget, make, viewer, tmp_path, qtbot):
    threads = engine_threads()
    make(widget, tmp_path).paint((0, 5, 5), 2)
    widget.editor.strokes._start()
    viewer.close()
    settle(qtbot, threads)
