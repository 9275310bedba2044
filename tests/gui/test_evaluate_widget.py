import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.gui.layers import class_table

PLACE = {"scale": (30, 4, 4), "units": ("nm",) * 3, "axis_labels": ("z", "y", "x")}


@pytest.fixture
def scene(viewer, painted):
    """A stack, a prediction that is wrong in one place, and the truth."""
    image, truth, _ = painted
    found = truth.copy()
    found[4, 128:150, 20:40] = 3
    classes = [default_class(i, name) for i, name in enumerate(("membrane", "cell", "gold"), 1)]
    viewer.add_image(np.array(image), name="stack", **PLACE)
    return (
        viewer.add_labels(found, name="found", **PLACE, **class_table(classes)),
        viewer.add_labels(np.array(truth), name="truth", **PLACE, **class_table(classes)),
    )


@pytest.fixture
def evaluate(dock, scene):
    widget = dock("Evaluate")
    widget.found.value, widget.truth.value = scene
    return widget


def rows(table):
    return {
        table.item(r, 0).text(): [
            table.item(r, c).text() for c in range(1, table.columnCount()) if table.item(r, c)
        ]
        for r in range(table.rowCount())
    }


def test_scores_and_a_walk_to_what_is_wrong(evaluate, scene, viewer, press, ended):
    evaluate.membranes.value = True
    press(evaluate.panel.start_button)
    ended(evaluate)
    table = rows(evaluate.scores)
    a, b = (np.asarray(layer.data) == 2 for layer in scene)
    assert table["cell"][0] == f"{(a & b).sum() / (a | b).sum():.3f}"
    assert "V_Rand" in table
    assert not evaluate.regions.isHidden()
    assert evaluate.regions.item(0).text().startswith("Z 4, Y 128-160, X 0-128")
    viewer.dims.set_point(0, 0)
    evaluate.regions.setCurrentRow(0)
    assert viewer.dims.current_step[0] == 4
    y, x = viewer.scene.camera.center[-2:]
    assert (y, x) == (pytest.approx(4 * 143.5), pytest.approx(4 * 63.5))
    _, width = viewer.canvas.size
    assert width / viewer.scene.camera.zoom >= 4 * 128  # all of the region is on screen


def test_a_result_is_compared_with_what_can_be_painted_on(dock, scene):
    found, truth = scene
    found.editable = False  # as our results are
    widget = dock("Evaluate")
    assert widget.found.value is found
    assert widget.truth.value is truth


def test_a_report_is_saved(evaluate, press, ended, tmp_path, monkeypatch):
    assert not evaluate.save_button.isEnabled()
    press(evaluate.panel.start_button)
    ended(evaluate)
    path = str(tmp_path / "report.html")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (path, ""))
    press(evaluate.save_button)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "membrane" in page
    assert "image, truth" in page  # the image was found by itself


def test_objects(evaluate, press, ended, viewer):
    evaluate.kind.value = ""
    press(evaluate.panel.start_button)
    ended(evaluate)
    assert rows(evaluate.scores)["objects"] == ["3"]


def test_two_layers_are_needed(evaluate, press, told):
    evaluate.truth.value = evaluate.found.value
    press(evaluate.panel.start_button)
    assert "two Labels layers" in told[-1]


def test_layers_of_other_sizes_are_told(evaluate, press, ended, told, viewer):
    evaluate.truth.value = viewer.add_labels(np.ones((3, 9, 9), np.uint8), name="small")
    press(evaluate.panel.start_button)
    ended(evaluate)
    assert "shape" in told[-1]


def test_a_layer_that_is_gone_is_not_gone_to(evaluate, scene, viewer, press, ended):
    press(evaluate.panel.start_button)
    ended(evaluate)
    viewer.layers.remove(scene[0])
    evaluate.regions.setCurrentRow(0)  # nothing happens
    assert viewer.dims.current_step[0] != 4
