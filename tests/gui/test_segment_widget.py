from dataclasses import replace

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QMessageBox
from tests.conftest import make_model
from tests.gui.conftest import MINUTE
from tests.models.zoo_packages import write_code_model

import napari_fcnseg as fs
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.segment import SegmentWidget
from napari_fcnseg.images.pixel_size import PixelSize

LARGE = (40, 512, 512)


@pytest.fixture
def net():
    return make_model()


@pytest.fixture
def segment(dock, viewer, net) -> SegmentWidget:
    trained_models(viewer).add(net)
    return dock("Segment")


@pytest.fixture
def large(viewer):
    """An image that takes some seconds."""
    pixels = np.random.default_rng(0).integers(0, 256, LARGE, np.uint8)
    return viewer.add_image(pixels, name="large", axis_labels=("z", "y", "x"), scale=(5, 1, 1))


@pytest.fixture
def load(qtbot):
    """Load a model from a file, and wait for it."""

    def load(widget, path):
        widget.load_button.load(path)
        qtbot.waitUntil(widget.load_button.isEnabled, timeout=MINUTE)

    return load


def to_file(widget, path):
    widget.form.output.value = "file"
    widget.form.path.value = path


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.ome.tif"])
def test_into_a_file_that_grows_in_the_viewer(
    segment, large, viewer, net, press, ended, qtbot, tmp_path, name
):
    out = tmp_path / name
    to_file(segment, out)
    press(segment.panel.start_button)
    qtbot.waitUntil(lambda: "large segmented" in viewer.layers, timeout=MINUTE)
    growing = viewer.layers["large segmented"]
    assert not out.exists()
    assert not np.asarray(growing.data[-1]).any()
    ended(segment)
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, f"{name}.journal"]
    expected = fs.segment(net, large.data, axes="ZYX")
    assert np.array_equal(np.asarray(growing.data), expected)
    assert np.array_equal(fs.open_image(out).read({}).reshape(expected.shape), expected)
    assert str(out) in segment.panel.status.text()


def test_cancel_keeps_what_is_there_and_it_does_not_look_whole(
    segment, large, viewer, press, ended, qtbot, tmp_path
):
    to_file(segment, tmp_path / "p.ome.zarr")
    press(segment.panel.start_button)
    qtbot.waitUntil(lambda: segment.panel.bar.value() > 0, timeout=MINUTE)
    press(segment.panel.stop_button)
    ended(segment)
    assert not (tmp_path / "p.ome.zarr").exists()
    assert "cancelled" in segment.panel.status.text()
    assert str(tmp_path / "p.ome.zarr.partial") in segment.panel.status.text()
    viewer.layers["large segmented"].name = "mine"
    shown = np.asarray(viewer.layers["mine"].data)
    assert shown.any()
    assert not shown.all()
    press(segment.panel.start_button)  # goes on
    ended(segment)
    assert [layer.name for layer in viewer.layers] == ["large", "mine"]
    assert np.asarray(viewer.layers["mine"].data).all()  # not what is no longer there
    found = fs.open_image(tmp_path / "p.ome.zarr").read({}).reshape(shown.shape)
    assert np.array_equal(found[shown > 0], shown[shown > 0])
    assert found.all()


def test_a_region_lies_where_it_was(segment, large, viewer, net, press, ended):
    viewer.add_shapes([[[100, 50], [100, 150], [180, 150], [180, 50]]])
    segment.form.region.value = "a shape"
    press(segment.panel.start_button)
    ended(segment)
    result = viewer.layers["large segmented"]
    assert result.data.shape == (40, 80, 100)
    assert tuple(result.translate) == (0, 100, 50)
    expected = fs.segment(net, large.data, axes="ZYX")[:, 100:180, 50:150]
    assert np.array_equal(result.data, expected)


def test_a_file_is_segmented_without_being_opened(
    segment, viewer, net, press, ended, told, tmp_path
):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 60, 70), np.uint8)
    tifffile.imwrite(tmp_path / "stack.tif", pixels, photometric="minisblack")
    segment.form.input.value = "file"
    segment.form.file.value = tmp_path / "stack.tif"
    press(segment.panel.start_button)
    ended(segment)
    assert "axes" in told[0]  # the file does not say them
    segment.form.file_axes.value = "ZYX"
    press(segment.panel.start_button)
    ended(segment)
    result = viewer.layers["stack segmented"]
    assert np.array_equal(result.data, fs.segment(net, pixels, axes="ZYX"))


@pytest.mark.filterwarnings("ignore")  # of bioimageio.core, which writes the model
def test_code_of_a_model_is_run_only_after_a_yes(segment, load, told, tmp_path, monkeypatch):
    path, executed, _, _ = write_code_model(tmp_path)
    buttons, asked = QMessageBox.StandardButton, []
    for answer in (buttons.No, buttons.Yes):
        monkeypatch.setattr(
            QMessageBox, "exec", lambda box, answer=answer: asked.append(box.text()) or answer
        )
        load(segment, path)
        assert executed.exists() == (answer == buttons.Yes)
    assert len(asked) == 2
    assert all("may do anything on this machine" in text for text in asked)
    assert not told


def test_models_are_loaded_from_files(segment, load, net, told, tmp_path):
    net.save(tmp_path / "m.zip")
    load(segment, tmp_path / "m.zip")
    assert segment.form.model.model() is not net
    assert segment.form.model.model().classes == net.classes
    (tmp_path / "bad.zip").write_text("no model")
    load(segment, tmp_path / "bad.zip")
    assert "bad.zip" in told[0]


def test_what_is_missing_is_said(dock, viewer, press, ended, told, net, tmp_path):
    segment = dock("Segment")
    press(segment.panel.start_button)
    assert "no model yet" in told[-1]
    trained_models(viewer).add(net)
    press(segment.panel.start_button)
    assert "no image layer" in told[-1]
    segment.form.input.value = "file"
    press(segment.panel.start_button)
    assert "which file" in told[-1]
    segment.form.input.value = "layer"
    viewer.add_image(np.zeros((30, 30)), name="flat")
    segment.form.output.value = "file"
    press(segment.panel.start_button)
    assert "write to" in told[-1]
    segment.form.path.value = tmp_path / "old.tif"
    (tmp_path / "old.tif").write_text("precious")
    press(segment.panel.start_button)
    ended(segment)
    assert "old.tif" in told[-1]
    assert (tmp_path / "old.tif").read_text() == "precious"


def test_rows_belong_to_the_choices(segment, large):
    rows = segment.form
    assert not segment.form.file.native.isVisible()
    assert not segment.form.path.native.isVisible()
    segment.form.input.value = "folder"
    segment.form.output.value = "file"
    assert segment.form.folder.native.isVisible()
    assert segment.form.path.native.isVisible()
    assert not segment.form.image.native.isVisible()
    assert rows.isVisible()


def test_what_it_will_cost_is_measured_and_nothing_written(
    segment, large, viewer, press, ended, qtbot, tmp_path
):
    segment.form.output.value = "file"  # where to is asked for when it is needed
    qtbot.waitUntil(lambda: segment.before.settled, timeout=MINUTE)
    planned = segment.before.plan.text()
    assert "40 tiles of 1 x " in planned
    assert "halo 24 px" in planned
    assert "On cpu" not in planned
    press(segment.cost_button)
    ended(segment)
    told = segment.before.plan.text()
    assert told.splitlines()[0] == planned.splitlines()[0]
    assert "On cpu: " in told
    assert "MB of memory" in told
    assert not list(tmp_path.iterdir())
    assert len(viewer.layers) == 1


def test_another_pixel_size_is_told(dock, viewer, net, press, ended):
    trained = replace(net, pixel_size=PixelSize(4, 4, "nanometer"))
    trained_models(viewer).add(trained)
    segment = dock("Segment")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    viewer.add_image(pixels, name="coarse", scale=(8, 8), units=("nm", "nm"))
    press(segment.panel.start_button)
    ended(segment)
    told = segment.panel.status.text()
    assert "1 tile in" in told
    assert "was trained at 4 nm per pixel, coarse has 8 nm" in told
