"""What goes wrong while the Segment widget works: nothing is lost, nothing hangs."""

import errno
import threading

import numpy as np
import pytest
from filelock import FileLock
from tests.conftest import make_model
from tests.gui.conftest import MINUTE

import napari_fcnseg as fs
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.images.write_zarr import OmeZarrOutput
from napari_fcnseg.inference.begun import BegunOutputs
from napari_fcnseg.inference.tile_work import TileWork

PIXELS = np.random.default_rng(0).integers(64, 193, (5, 48, 56), np.uint8)


@pytest.fixture
def net():
    return make_model()


@pytest.fixture
def stack(viewer):
    return viewer.add_image(PIXELS, name="stack", axis_labels=("z", "y", "x"), scale=(5, 1, 1))


@pytest.fixture
def segment(dock, viewer, net, stack):
    trained_models(viewer).add(net)
    return dock("Segment")


@pytest.fixture
def expected(net):
    return fs.segment(net, PIXELS, axes="ZYX")


@pytest.fixture
def gate(expected, monkeypatch):
    """Tiles behind the second one wait until it is set."""
    gate, compute = threading.Event(), TileWork.__call__

    def wait(work, number):
        if number > 1:
            gate.wait(120)
        return compute(work, number)

    monkeypatch.setattr(TileWork, "__call__", wait)
    yield gate
    gate.set()


@pytest.fixture
def under_way(segment, gate, viewer, press, qtbot):
    """Start a run, and return its layer when two tiles are done."""

    def start():
        press(segment.panel.start_button)
        qtbot.waitUntil(lambda: "2 of 5" in segment.panel.bar.format(), timeout=2 * MINUTE)
        return viewer.layers["stack segmented"]

    return start


def test_a_result_that_was_removed_while_it_grew_is_there_again(
    segment, viewer, gate, under_way, ended, expected
):
    viewer.layers.remove(under_way())
    gate.set()
    ended(segment)
    assert np.array_equal(viewer.layers["stack segmented"].data, expected)
    assert "here it is again" in segment.panel.status.text()


def test_the_image_may_be_renamed_and_moved(
    segment, stack, viewer, gate, under_way, ended, expected
):
    # It is not removed: Mesa's llvmpipe crashes when napari draws what is left, with or without us.
    under_way()
    stack.name, stack.scale, stack.translate = "other", (5, 2, 2), (0, 7, 9)
    gate.set()
    ended(segment)
    shown = viewer.layers["stack segmented"]
    assert np.array_equal(shown.data, expected)
    assert tuple(shown.scale) == (5, 2, 2)
    assert tuple(shown.translate) == (0, 7, 9)


def test_it_is_started_once(segment, gate, under_way, ended, told, press, qtbot):
    under_way()
    assert not segment.panel.start_button.isEnabled()
    press(segment.cost_button)
    assert "a job is running" in told[-1]
    qtbot.waitUntil(lambda: segment.map.about == "2 of 5 planes done", timeout=MINUTE)
    press(segment.panel.stop_button)
    gate.set()
    ended(segment)
    assert segment.map.isVisible()
    assert "cancelled" in segment.panel.status.text()


def test_a_full_disk_loses_nothing_and_is_gone_on_with(
    segment, viewer, press, ended, told, expected, monkeypatch, qtbot, tmp_path
):
    written, write = [], OmeZarrOutput.write

    def fill(output, spans, block):
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(spans)
        write(output, spans, block)

    segment.form.output.value, segment.form.path.value = "file", tmp_path / "p.ome.zarr"
    with monkeypatch.context() as full:
        full.setattr(OmeZarrOutput, "write", fill)
        press(segment.panel.start_button)
        ended(segment)
    assert "No space left on device" in told[-1]
    assert "No space left on device" in segment.panel.status.text()
    assert not (tmp_path / "p.ome.zarr").exists()
    qtbot.waitUntil(lambda: len(segment.unfinished.rows) == 1, timeout=MINUTE)
    (row,) = segment.unfinished.rows
    assert "unfinished: p.ome.zarr, 2 of 5 tiles" in row.about.text()
    press(row.go_on_button)
    ended(segment)
    assert np.array_equal(fs.open_image(tmp_path / "p.ome.zarr").read({})[0], expected)
    assert BegunOutputs().unfinished() == []


def test_a_file_that_another_process_writes_is_left_to_it(segment, press, ended, told, tmp_path):
    segment.form.output.value, segment.form.path.value = "file", tmp_path / "p.ome.zarr"
    with FileLock(tmp_path / "p.ome.zarr.lock"):
        press(segment.panel.start_button)
        ended(segment)
    assert "another process is writing" in told[-1]


def test_a_widget_that_is_closed_leaves_what_can_be_gone_on_with(
    segment, viewer, gate, under_way, qtbot, tmp_path
):
    segment.form.output.value, segment.form.path.value = "file", tmp_path / "p.ome.zarr"
    under_way()
    viewer.window.remove_dock_widget(segment)
    gate.set()
    qtbot.waitUntil(lambda: segment.panel.job is None, timeout=2 * MINUTE)
    (found,) = BegunOutputs().unfinished()
    assert found.done >= 2
    assert (tmp_path / "p.ome.zarr.partial").exists()
