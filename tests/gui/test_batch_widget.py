"""The Batch widget: files that come in, go on, fail and are looked at."""

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog
from tests.conftest import make_model
from tests.gui.conftest import MINUTE
from tests.gui.test_close import engine_threads, settle

import napari_fcnseg as fs
from napari_fcnseg.gui.batch import BatchWidget
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.shown_file import show_file

GOOD = ["eins 1", "größe"]


@pytest.fixture
def net():
    return make_model()


@pytest.fixture
def batch(dock, viewer, net) -> BatchWidget:
    trained_models(viewer).add(net)
    return dock("Batch")


@pytest.fixture
def folder(tmp_path):
    """Two stacks, a broken file and one with two channels."""
    place = tmp_path / "messung ä"
    place.mkdir()
    for name in GOOD:
        write(place / f"{name}.tif", (3, 70, 90))
    write(place / "pair.tif", (2, 70, 90), "CYX")
    (place / "broken.tif").write_text("no image")
    return place


@pytest.fixture
def large(tmp_path):
    """Two stacks that take some seconds."""
    place = tmp_path / "large"
    place.mkdir()
    for name in ("a", "b"):
        write(place / f"{name}.tif", (30, 512, 512))
    return place


def write(path, shape, axes="ZYX"):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    tifffile.imwrite(path, pixels, photometric="minisblack", metadata={"axes": axes})


@pytest.fixture
def seek(batch, qtbot):
    """Add what is found in some places, and wait for it."""

    def seek(*places):
        before = len(batch.files.table.rows)
        batch.files.seek(places)
        qtbot.waitUntil(lambda: len(batch.files.table.rows) > before, timeout=MINUTE)

    return seek


def column(batch, number):
    table = batch.files.table
    return [table.item(row, number).text() for row in range(table.rowCount())]


def states(batch):
    return dict(zip(column(batch, 0), column(batch, 1), strict=True))


def until_status(batch, qtbot, number):
    """Wait until some tiles of a file are done."""
    row = batch.files.table.rows[number]
    qtbot.waitUntil(lambda: row.status.endswith("%") and row.status != "0 %", timeout=MINUTE)


def test_each_file_has_its_own_end(batch, folder, net, seek, press, ended, told):
    (folder / "notes.txt").write_text("no image")
    seek(folder)
    assert "notes.txt" in batch.files.about.text()
    assert set(states(batch).values()) == {"waiting"}
    assert batch.form.folder.value == folder / "segmented"
    press(batch.panel.start_button)
    ended(batch)
    good = {f"{name}.tif": "done" for name in GOOD}
    assert states(batch) == good | {"broken.tif": "failed", "pair.tif": "failed"}
    (summary,) = told
    assert "2 of 4 failed: broken.tif, pair.tif" in summary
    assert "2 of 4 done" in batch.panel.status.text()
    assert batch.panel.bar.value() == batch.panel.bar.maximum()
    for name in GOOD:
        found = fs.open_image(folder / "segmented" / f"{name}.labels.ome.zarr").read({})[0]
        assert np.array_equal(found, fs.segment(net, folder / f"{name}.tif"))
    row = column(batch, 0).index("pair.tif")
    assert "2 channels" in batch.files.table.item(row, 1).toolTip()
    batch.files.table.selectRow(row)
    assert "2 channels" in batch.files.about.text()


def test_a_double_click_opens_image_and_labels(
    batch, folder, net, seek, viewer, press, ended, qtbot, told
):
    seek(folder / "eins 1.tif", folder / "broken.tif")
    press(batch.panel.start_button)
    ended(batch)
    table = batch.files.table
    for row in (0, 1):
        at = table.visualItemRect(table.item(row, 0)).center()
        for click in (qtbot.mouseClick, qtbot.mouseDClick):
            click(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    image, labels = viewer.layers
    assert np.array_equal(np.asarray(image.data), tifffile.imread(folder / "eins 1.tif"))
    expected = fs.segment(net, folder / "eins 1.tif")
    assert np.array_equal(np.asarray(labels.data), expected)
    assert list(labels.features["class"]) == ["membrane", "cell"]
    assert "broken.tif" in told[-1]  # it cannot be opened here, either


def test_files_come_by_drops_patterns_and_dialogs(batch, folder, qtbot, monkeypatch):
    data, table = QMimeData(), batch.files.table
    data.setUrls([QUrl.fromLocalFile(str(folder / "eins 1.tif"))])
    how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter, drop = QDragEnterEvent(QPoint(9, 9), *how), QDropEvent(QPointF(9, 9), *how)
    for event in (enter, drop):
        QApplication.sendEvent(table.viewport(), event)
        assert event.isAccepted()
    qtbot.waitUntil(lambda: column(batch, 0) == ["eins 1.tif"], timeout=MINUTE)
    batch.files.pattern.setText(f"{folder}/*öß*.tif")
    qtbot.keyClick(batch.files.pattern, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: column(batch, 0) == ["eins 1.tif", "größe.tif"], timeout=MINUTE)
    assert not batch.files.pattern.text()
    pair = [str(folder / "pair.tif")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, **__: (pair, ""))
    batch.files.files_button.click()
    qtbot.waitUntil(lambda: len(table.rows) == 3, timeout=MINUTE)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    batch.files.folder_button.click()  # those that are there are not added again
    qtbot.waitUntil(lambda: len(table.rows) == 4, timeout=MINUTE)
    assert column(batch, 0)[3] == "broken.tif"


def test_what_was_cancelled_goes_on(batch, large, net, seek, press, ended, qtbot, told):
    seek(large)
    press(batch.panel.start_button)
    until_status(batch, qtbot, 0)
    press(batch.panel.stop_button)
    ended(batch)
    out = large / "segmented"
    assert (out / "a.labels.ome.zarr.partial").exists()
    assert not (out / "a.labels.ome.zarr").exists()
    assert states(batch)["b.tif"] == "waiting"
    assert "cancelled" in batch.files.table.rows[0].about
    assert "cancelled after 0 of 2" in batch.panel.status.text()
    press(batch.panel.start_button)
    ended(batch)
    assert states(batch) == {"a.tif": "done", "b.tif": "done"}
    found = fs.open_image(out / "a.labels.ome.zarr").read({})[0]
    assert np.array_equal(found, fs.segment(net, large / "a.tif"))
    assert not told


def test_the_list_changes_while_it_runs(batch, large, folder, seek, press, ended, qtbot, told):
    seek(large)
    press(batch.panel.start_button)
    until_status(batch, qtbot, 0)
    batch.files.table.selectAll()
    press(batch.files.remove_button)
    assert column(batch, 0) == ["a.tif"]
    assert "only files that wait" in batch.panel.status.text()
    seek(folder / "größe.tif")
    (folder / "a.png").write_bytes((folder / "größe.tif").read_bytes())
    batch.files.seek([folder / "a.png"])  # labels of this name are being written
    qtbot.waitUntil(lambda: bool(told), timeout=MINUTE)
    assert "would both go to" in told[0]
    ended(batch)
    assert states(batch) == {"a.tif": "done", "größe.tif": "done"}
    made = sorted(p.name for p in (large / "segmented").glob("*.zarr"))
    assert made == ["a.labels.ome.zarr", "größe.labels.ome.zarr"]
    batch.files.table.selectAll()
    press(batch.files.remove_button)
    assert not batch.files.table.rows


def test_what_is_missing_is_said(dock, viewer, net, folder, press, qtbot, told):
    batch = dock("Batch")
    press(batch.panel.start_button)
    assert "no model yet" in told[-1]
    trained_models(viewer).add(net)
    press(batch.panel.start_button)
    assert "there are no files" in told[-1]
    batch.files.seek([folder / "*.lsm"])
    qtbot.waitUntil(lambda: "match nothing" in told[-1], timeout=MINUTE)
    batch.files.seek([folder / "größe.tif"])
    qtbot.waitUntil(lambda: bool(batch.files.table.rows), timeout=MINUTE)
    batch.form.pattern.value = "labels"
    press(batch.panel.start_button)
    assert "end in .ome.zarr" in told[-1]
    batch.form.folder.line_edit.value = ""
    press(batch.panel.start_button)
    assert "write to" in told[-1]
    assert batch.panel.job is None


def test_closing_napari_leaves_what_can_be_gone_on_with(
    batch, large, net, seek, press, viewer, qtbot
):
    before = engine_threads()
    seek(large)
    press(batch.panel.start_button)
    until_status(batch, qtbot, 0)
    viewer.close()
    settle(qtbot, before)
    out = large / "segmented"
    name = "a.labels.ome.zarr"
    assert sorted(p.name for p in out.iterdir()) == [f"{name}.journal", f"{name}.partial"]
    end = fs.segment_files(net, large / "a.tif", out).wait()
    assert 0 < end.rows[0].computed < end.rows[0].tiles


@pytest.mark.parametrize(
    ("shape", "axes", "layers"),
    [((40, 50, 3), "YXC", 1), ((2, 3, 40, 50), "ZCYX", 3), ((40, 3, 50), "YZX", 1)],
)
def test_labels_lie_on_their_image_whatever_its_axes(viewer, tmp_path, shape, axes, layers):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.save(tmp_path / "x.npy", pixels)
    colour = axes.endswith("C")
    tifffile.imwrite(
        tmp_path / "x.tif", pixels, photometric="rgb" if colour else "minisblack",
        metadata={"axes": axes.replace("C", "S") if colour else axes},
    )  # fmt: skip
    net = make_model(in_channels=dict(zip(axes, shape, strict=True)).get("C", 1))
    fs.predict(net, tmp_path / "x.tif", tmp_path / "x.labels.ome.tif", axes=axes).wait()
    show_file(viewer, tmp_path / "x.tif", tmp_path / "x.labels.ome.tif", axes, net.classes)
    *images, labels = viewer.layers
    assert len(images) == layers
    kept = labels.data.shape
    for number, image in enumerate(images):
        assert tuple(image.data.shape[: image.ndim]) == kept
        assert image.rgb == colour
        if layers > 1:
            assert np.array_equal(np.asarray(image.data), pixels[:, number])
    assert list(labels.features["class"]) == ["membrane", "cell"]
