"""What goes wrong while other widgets work than Train and Segment: nothing is lost or hangs."""

import errno
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari.layers import Labels
from tests.conftest import make_model
from tests.gui.conftest import MINUTE
from tests.gui.test_close import engine_threads, settle

import napari_fcnseg as fs
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.write_zarr import OmeZarrOutput

CLASSES = [default_class(i, n) for i, n in enumerate(("membrane", "cell", "gold"), 1)]
PLACE = {"scale": (30, 4, 4), "units": ("nm",) * 3, "axis_labels": ("z", "y", "x")}
WIDGETS = ["Refine", "Evaluate", "Measure"]
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def scene(viewer, painted):
    """A stack, its truth, and classes with crumbs in them."""
    image, truth, _ = painted
    found = truth.copy()
    found[np.random.default_rng(0).random(found.shape) < 0.02] = 3
    viewer.add_image(np.array(image), name="stack", **PLACE)
    for name, labels in (("truth", truth), ("found", found)):
        viewer.add_labels(np.array(labels), name=name, **PLACE, **class_table(CLASSES))
    return viewer.layers


@pytest.fixture
def opened(dock, scene):
    """Open a widget, set to work on the layer `found`."""

    def opened(name):
        widget = dock(name)
        if name == "Refine":
            widget.form.labels.value, widget.form.crf.value = scene["found"], False
            widget.form.smooth.value = 1.0
        elif name == "Evaluate":
            widget.found.value, widget.truth.value = scene["found"], scene["truth"]
        else:
            widget.labels.value = scene["found"]
        return widget

    return opened


@pytest.fixture
def gate(monkeypatch):
    """No job reads a pixel before it is set."""
    gate, read = threading.Event(), Image.read

    def wait(image, window):
        if threading.current_thread() is not threading.main_thread():
            gate.wait(120)
        return read(image, window)

    monkeypatch.setattr(Image, "read", wait)
    yield gate
    gate.set()


@pytest.fixture
def begun(opened, gate, press):
    """Open a widget, and start its job, which waits."""

    def begun(name):
        widget = opened(name)
        press(widget.panel.start_button)
        return widget

    return begun


def result(name, widget, layers):
    """What a widget has found, in words or pixels."""
    if name == "Refine":
        return np.array(layers["found refined"].data).tolist()
    table = widget.scores if name == "Evaluate" else widget.table
    return [
        [table.item(y, x).text() for x in range(table.columnCount()) if table.item(y, x)]
        for y in range(table.rowCount())
    ]


@pytest.fixture
def expected(opened, press, ended, scene):
    """What is found when nothing goes wrong."""

    def expected(name):
        widget = opened(name)
        press(widget.panel.start_button)
        ended(widget)
        found = result(name, widget, scene)
        if name == "Refine":
            scene.remove("found refined")
        return found

    return expected


@pytest.mark.parametrize("name", WIDGETS)
def test_its_layers_may_go(name, expected, gate, begun, viewer, scene, ended, told):
    gate.set()
    wanted = expected(name)
    gate.clear()
    widget = begun(name)
    for layer in list(scene):  # hidden: llvmpipe crashes where napari draws labels without an image
        layer.visible = not isinstance(layer, Labels)
    scene.clear()
    gate.set()
    ended(widget)
    assert result(name, widget, scene) == wanted
    assert not told
    if name == "Evaluate":
        widget.regions.setCurrentRow(0)  # it has nowhere to go
        assert not viewer.layers


@pytest.mark.parametrize("name", WIDGETS)
def test_its_layers_may_be_renamed_and_scaled(name, begun, scene, gate, ended, told):
    widget, found = begun(name), scene["found"]
    for layer in list(scene):
        layer.name, layer.scale = f"other {layer.name}", (60, 8, 8)
    gate.set()
    ended(widget)
    assert not told
    if name == "Refine":
        assert tuple(scene["other found refined"].scale) == (60, 8, 8)
        assert widget.form.labels.value is found
    else:
        assert (widget.found if name == "Evaluate" else widget.labels).value is found


@pytest.mark.parametrize("name", WIDGETS)
def test_it_is_started_once(name, begun, dock, gate, ended):
    widget = begun(name)
    job = widget.panel.job
    assert not widget.panel.start_button.isEnabled()
    assert dock(name) is widget
    assert widget.panel.job is job
    gate.set()
    ended(widget)
    assert widget.panel.start_button.isEnabled()


@pytest.mark.parametrize("name", WIDGETS)
def test_it_ends_with_the_window(name, begun, viewer, gate, qtbot):
    before = engine_threads()
    job = begun(name).panel.job
    viewer.close()
    gate.set()
    settle(qtbot, before)
    qtbot.waitUntil(lambda: not job.running, timeout=MINUTE)


def test_other_choices_while_it_measures_change_nothing(begun, scene, gate, ended):
    widget = begun("Measure")
    features = scene["found"].features.copy()
    widget.kind.value = "objects"
    gate.set()
    ended(widget)
    assert scene["found"].features.equals(features)
    assert not widget.features_button.isEnabled()


def test_refined_labels_that_find_no_room(opened, scene, press, ended, told, monkeypatch, tmp_path):
    widget = opened("Refine")

    def fill(output, spans, block):
        raise FULL

    widget.form.output.value, widget.form.output.path.value = "file", tmp_path / "r.ome.zarr"
    with monkeypatch.context() as full:
        full.setattr(OmeZarrOutput, "write", fill)
        press(widget.panel.start_button)
        ended(widget)
    assert "No space left on device" in told[-1]
    assert "No space left on device" in widget.panel.status.text()
    assert not list(tmp_path.iterdir())
    press(widget.panel.start_button)
    ended(widget)
    expected = fs.refine(scene["found"].data, axes="ZYX", smooth=1.0).wait()
    assert np.array_equal(fs.open_image(tmp_path / "r.ome.zarr").read({})[0], expected.data)


@pytest.mark.parametrize(("name", "file"), [("Evaluate", "r.html"), ("Measure", "r.csv")])
def test_what_was_written_before_outlives_a_full_disk(
    name, file, opened, press, ended, told, monkeypatch, tmp_path
):
    widget, write, out = opened(name), Path.write_text, tmp_path / file
    press(widget.panel.start_button)
    ended(widget)
    out.write_text("before")

    def half(path, text, *how):
        write(path, text[: len(text) // 2], *how)
        raise FULL

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", half)
        widget.save(out)
    assert "No space left on device" in told[-1]
    assert [p.name for p in tmp_path.iterdir()] == [file]
    assert out.read_text() == "before"
    widget.save(out)
    assert "membrane" in out.read_text("utf-8-sig")


def test_a_batch_on_a_full_disk_goes_on_with_what_is_missing(
    dock, viewer, press, ended, told, monkeypatch, qtbot, tmp_path
):
    net = make_model()
    trained_models(viewer).add(net)
    pixels = np.random.default_rng(0).integers(64, 193, (4, 48, 56), np.uint8)
    for name in ("a", "b"):
        tifffile.imwrite(
            tmp_path / f"{name}.tif", pixels, photometric="minisblack", metadata={"axes": "ZYX"}
        )
    batch, write, done = dock("Batch"), OmeZarrOutput.write, []
    batch.files.seek([tmp_path])
    qtbot.waitUntil(lambda: len(batch.files.table.rows) == 2, timeout=MINUTE)

    def fill(output, spans, block):
        done.append(spans)
        if len(done) > 6:
            raise FULL
        write(output, spans, block)

    with monkeypatch.context() as full:
        full.setattr(OmeZarrOutput, "write", fill)
        press(batch.panel.start_button)
        assert not batch.panel.start_button.isEnabled()
        ended(batch)
    assert [row.status for row in batch.files.table.rows] == ["done", "failed"]
    assert "No space left on device" in batch.files.table.rows[1].about
    assert "1 of 2 failed: b.tif" in told[-1]
    out = tmp_path / "segmented"
    assert not (out / "b.labels.ome.zarr").exists()
    press(batch.panel.start_button)
    ended(batch)
    assert {row.status for row in batch.files.table.rows} == {"done"}
    expected = fs.segment(net, pixels, axes="ZYX")
    for name in ("a", "b"):
        found = fs.open_image(out / f"{name}.labels.ome.zarr").read({})[0]
        assert np.array_equal(found, expected)
