"""A person at the window, from a sample to a segmentation that a script makes again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDockWidget, QFileDialog
from tests.gui.conftest import MINUTE
from tests.gui.test_doors import chunks, run_python
from tests.gui.test_evaluate_widget import rows

import napari_fcnseg as fs
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.gui.layers import class_table, layer_classes
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.inference.begun import BegunOutputs
from napari_fcnseg.models.library import Library
from napari_fcnseg.scripts.recipe_file import write_recipe

PAINTED = 12
SMALL = fs.Recipe(net="unet", net_options={"depth": 3, "width": 12}, patch=96)
FIRST, MORE = replace(SMALL, steps=100), replace(SMALL, steps=30)
ENOUGH = 0.6  # of the first training, before it is stopped
PLACE = ("scale", "translate", "units", "axis_labels")


class Person:
    """Looks, paints and presses; waits for what comes of it."""

    def __init__(self, viewer, press, ended, qtbot):
        self.viewer, self.press, self.ended, self._qtbot = viewer, press, ended, qtbot

    def wait(self, until):
        self._qtbot.waitUntil(until, timeout=4 * MINUTE)

    def key(self, key):
        canvas = self.viewer.window._qt_viewer.canvas.native
        self._qtbot.keyClick(canvas, key, Qt.KeyboardModifier.ControlModifier)

    def go_to(self, z):
        self.viewer.dims.set_current_step(0, z)

    def turn_to(self, widget, part=None):
        """Bring the tab of a widget to the front."""
        dock = widget
        while not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        dock.raise_()
        self.wait(lambda: not (part or widget).visibleRegion().isEmpty())

    def paint(self, layer, labels):
        """Paint what is labelled, as with the mouse: one dab after another, class by class."""
        layer.brush_size = 1
        for i in np.unique(labels[labels > 0]).tolist():
            self.key(Qt.Key(Qt.Key.Key_0 + i))
            for point in np.argwhere(labels == i):
                layer.paint(tuple(point), layer.selected_label, refresh=False)
        layer.refresh()


@pytest.fixture
def person(viewer, press, ended, qtbot):
    return Person(viewer, press, ended, qtbot)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the person chooses in a dialog."""
    (folder := tmp_path / "copied").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    return folder


def ious(truth, found):
    matrix = confusion_matrix(truth.astype(int) - 1, found.astype(int) - 1, len(CLASSES))
    return iou(matrix)


def mean_iou(truth, found):
    return float(np.mean(ious(truth, found)))


def test_from_a_few_strokes_to_a_script(viewer, dock, person, folder, tmp_path):
    viewer.open_sample("napari-fcnseg", "em_stack")
    stack, strokes, truth = viewer.layers["EM stack"], viewer.layers["strokes"], synthetic_em()[1]
    annotate = dock("Annotate")
    assert annotate.annotation.value is strokes
    assert [c.name for c in annotate.editor.classes()] == list(CLASSES.values())
    person.go_to(PAINTED)
    wanted = fs.simulate_strokes(truth, [PAINTED], share=0.06)
    begin = np.where(np.arange(truth.shape[-1]) < 100, wanted, 0)
    assert np.unique(begin[begin > 0]).tolist() == list(CLASSES)
    person.paint(strokes, begin)

    train = dock("Train")
    preview = learn(train, person, stack, strokes, truth, wanted - begin, tmp_path)
    painted = np.array(strokes.data)
    go_on(train, person, tmp_path)
    seen = np.array(preview.data[PAINTED])
    shown = seen > 0  # what is on screen
    assert shown.mean() > 0.5
    assert mean_iou(truth[PAINTED][shown], seen[shown]) > 0.45
    assert not np.asarray(preview.data[PAINTED + 1]).any()  # only what is looked at
    assert [c.name for c in train.model.classes] == list(CLASSES.values())
    viewer.screenshot(str(tmp_path / "train.png"), canvas_only=False, flash=False)

    segment, out = dock("Segment"), tmp_path / "labels.ome.zarr"
    begin_and_resume(segment, person, stack, out)
    result = viewer.layers["EM stack segmented"]
    found = np.asarray(result.data[0] if result.multiscale else result.data)
    unseen = ~painted.any(axis=(1, 2))
    assert mean_iou(truth[unseen], found[unseen]) > 0.4
    assert np.array_equal(found, fs.segment(train.model, stack.data, axes="ZYX"))
    assert np.array_equal(found[PAINTED][shown], seen[shown])
    assert layer_classes(result, CLASSES) == layer_classes(strokes, CLASSES)
    for name in PLACE:
        assert np.array_equal(getattr(result, name), getattr(stack, name)), name
    picture = viewer.screenshot(str(tmp_path / "segment.png"), canvas_only=False, flash=False)
    assert picture.shape[:2] == (900, 1400)
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 500

    evaluate_all(dock("Evaluate"), person, result, truth, found)
    assert np.array_equal(strokes.data, painted)  # nothing but a person's hand has changed them
    adopt_and_undo(annotate, person, result, found, strokes)

    person.turn_to(segment)
    (entry,) = [a for a in segment.doors.menu().actions() if a.text() == "Copy as Python"]
    entry.trigger()
    person.wait(segment.doors.isEnabled)
    with ThreadPoolExecutor(1) as another:  # a thread as the window's jobs have it
        threads = another.submit(torch.get_num_threads).result()
    run_python(QApplication.clipboard().text(), folder, threads)
    window = chunks(out)
    assert window
    assert window == chunks(folder / "EM-stack.labels.ome.zarr")


def learn(train, person, stack, strokes, truth, more, tmp_path):
    """Train, and paint `more`; pause, keep a version, stop. Return the preview."""
    viewer, press, wait = person.viewer, person.press, person.wait
    assert train.form.image.value is stack
    assert train.form.labels.value is strokes
    train.doors.open(write_recipe(FIRST, tmp_path / "first.toml"))
    press(train.panel.start_button)
    wait(lambda: "preview of EM stack" in viewer.layers)
    preview = viewer.layers["preview of EM stack"]
    assert viewer.layers.selection.active is strokes  # one goes on painting
    first = np.array(preview.data[PAINTED])
    person.paint(strokes, more)

    centre = viewer.scene.camera.center
    press(train.tools.next_button)
    wait(lambda: "region 1 of" in train.panel.status.text())
    assert viewer.scene.camera.center != centre
    z = viewer.dims.current_step[0]
    wait(lambda: np.asarray(preview.data[z]).any())
    person.paint(strokes, np.where(strokes.data, 0, fs.simulate_strokes(truth, [z], share=0.01)))
    person.go_to(PAINTED)
    viewer.reset_view()
    press(train.tools.unsure_button)
    wait(lambda: "uncertainty of EM stack" in viewer.layers)
    unsure = viewer.layers["uncertainty of EM stack"]
    wait(lambda: np.asarray(unsure.data[PAINTED]).any())
    assert viewer.layers.selection.active is strokes
    press(train.tools.unsure_button)
    assert not unsure.visible

    press(train.pause_button)
    wait(lambda: "paused at" in train.panel.bar.format())
    step = train.curve.last.step
    press(train.tools.keep_button)
    wait(lambda: len(list(Library().folder.glob("*.zip"))) == 1)
    (kept,) = (v for v in train.versions.versions if v.kept)
    assert kept.step == train.curve.last.step == step  # it rests
    press(train.pause_button)
    wait(lambda: train.curve.last.progress > ENOUGH)
    press(train.panel.stop_button)
    person.ended(train)
    person.ended(train)  # it is kept, too
    assert "stopped at step" in train.panel.status.text()
    assert len(list(Library().folder.glob("*.zip"))) == 2
    learned = train.model.provenance["labelled_pixels"]
    assert sum(learned.values()) == np.count_nonzero(strokes.data)
    last, both = np.asarray(preview.data[PAINTED]), first > 0
    assert mean_iou(truth[PAINTED][both], last[both]) > mean_iou(truth[PAINTED][both], first[both])
    return preview


def go_on(train, person, tmp_path):
    """Go on from what was learned, to the end of a budget."""
    train.doors.open(write_recipe(MORE, tmp_path / "more.toml"))
    before = train.model
    train.form.start_from.value = max(i for i in train.form.start_from.choices if i is not None)
    assert train.form.start_from.model() is before
    person.press(train.panel.start_button)
    person.ended(train)
    person.ended(train)
    assert train.model is not before
    assert len(train.curve.plot.iou) >= 3


def begin_and_resume(segment, person, stack, out):
    """Segment all of it to a file; cancel in the middle, and go on."""
    segment.form.image.value = stack
    segment.form.output.value, segment.form.path.value = "file", out
    person.press(segment.panel.start_button)
    person.wait(lambda: segment.panel.bar.value() > 0)
    person.press(segment.panel.stop_button)
    person.ended(segment)
    assert "cancelled" in segment.panel.status.text()
    assert not out.exists()
    person.wait(lambda: bool(segment.unfinished.rows))
    (left,) = BegunOutputs().unfinished()
    assert 0 < left.done < left.tiles
    person.press(segment.unfinished.rows[0].go_on_button)
    person.ended(segment)
    assert out.exists()
    assert BegunOutputs().unfinished() == []


def evaluate_all(evaluate, person, result, truth, found):
    """Score the result against the truth."""
    classes = [default_class(i, name) for i, name in CLASSES.items()]
    place = {name: getattr(result, name) for name in PLACE}
    layer = person.viewer.add_labels(truth, name="truth", **class_table(classes), **place)
    evaluate.found.value, evaluate.truth.value = result, layer
    person.press(evaluate.panel.start_button)
    person.ended(evaluate)
    scores = rows(evaluate.scores)
    expected = ious(truth, found)
    assert [scores[name][0] for name in CLASSES.values()] == [f"{each:.3f}" for each in expected]


def adopt_and_undo(annotate, person, result, found, strokes):
    """Let a slice of the result become strokes, and take that back."""
    before, z = np.array(strokes.data), PAINTED
    person.go_to(z)
    annotate.adoption.expand(animate=False)
    person.turn_to(annotate, annotate.adopting.button)
    annotate.adopting.prediction.value = result
    assert annotate.annotation.value is strokes
    person.press(annotate.adopting.button)
    after = before.copy()
    after[z] = np.where(before[z], before[z], found[z])  # what was painted stays
    assert (after != before).any()
    assert np.array_equal(strokes.data, after)
    person.viewer.layers.selection.active = strokes
    person.key(Qt.Key.Key_Z)
    assert np.array_equal(strokes.data, before)
