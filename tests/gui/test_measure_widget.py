import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog
from skimage.measure import label

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.gui.layers import class_table

PLACE = {"scale": (4, 4), "units": ("nm",) * 2, "axis_labels": ("y", "x")}


@pytest.fixture
def layer(viewer, painted):
    """One slice with its classes."""
    image, truth, _ = painted
    viewer.add_image(np.array(image[1]), name="slice", **PLACE)
    classes = [default_class(i, name) for i, name in enumerate(("membrane", "cell", "gold"), 1)]
    return viewer.add_labels(np.array(truth[1]), name="classes", **PLACE, **class_table(classes))


@pytest.fixture
def measure(dock, layer):
    return dock("Measure")


def cells(table, row):
    return [table.item(row, x).text() for x in range(table.columnCount())]


def test_classes_and_a_file(measure, layer, press, ended, tmp_path, monkeypatch):
    assert not measure.save_button.isEnabled()
    press(measure.panel.start_button)
    ended(measure)
    pixels = int((layer.data == 2).sum())
    row = cells(measure.table, 1)
    assert row[:3] == ["2", "cell", str(pixels)]
    assert row[4] == f"{16 * pixels:.4g}"
    assert measure.table.horizontalHeaderItem(4).text() == "area (nm²)"
    path = str(tmp_path / "classes.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (path, ""))
    press(measure.save_button)
    assert "cell" in (tmp_path / "classes.csv").read_text("utf-8-sig")
    assert not measure.features_button.isEnabled()


def test_objects_are_in_the_features_of_their_layer(measure, layer, viewer, press, ended):
    ids = label(np.asarray(layer.data) == 2)
    objects = viewer.add_labels(ids, name="objects", **PLACE)
    measure.labels.value, measure.kind.value = objects, "objects"
    assert not measure.image.native.isHidden()
    press(measure.panel.start_button)
    ended(measure)
    features = objects.features
    assert features["index"].tolist() == list(range(1, ids.max() + 1))
    assert features["pixels"].tolist() == np.bincount(ids.ravel())[1:].tolist()
    assert "mean" in features  # of the image, which was found by itself
    press(measure.features_button)
    assert any("eatures" in name for name in viewer.window.dock_widgets)


def test_g_ratios(measure, viewer, press, ended):
    y, x = np.mgrid[:80, :80]
    r = np.hypot(y - 40, x - 40)
    ring = np.where(r <= 12, 3, np.where(r <= 20, 2, 1)).astype(np.uint8)
    measure.labels.value = viewer.add_labels(ring, name="ring")
    measure.kind.value = "axons"
    assert not measure.axon.native.isHidden()
    press(measure.panel.start_button)
    ended(measure)
    header = [
        measure.table.horizontalHeaderItem(i).text() for i in range(measure.table.columnCount())
    ]
    assert float(cells(measure.table, 0)[header.index("g-ratio")]) == pytest.approx(0.6, abs=0.01)
    assert "does not say how large" in measure.panel.status.text()


def test_a_layer_is_needed(measure, viewer, press, told):
    viewer.layers.clear()
    press(measure.panel.start_button)
    assert "no Labels layer" in told[-1]
