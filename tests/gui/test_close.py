"""Closing the window in the middle of everything."""

import threading

import numpy as np
from qtpy.QtCore import QThreadPool
from tests.conftest import make_model
from tests.gui.conftest import MINUTE

from napari_fcnseg.gui.choices import trained_models


def engine_threads():
    """Threads of Python; Qt's are "Dummy" here, Zarr's event loop belongs to the process."""
    others = ("zarr_io", "asyncio", "Dummy")
    return {t for t in threading.enumerate() if not t.name.startswith(others)}


def settle(qtbot, before):
    pool = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: pool.activeThreadCount() == 0, timeout=MINUTE)
    qtbot.waitUntil(lambda: engine_threads() <= before, timeout=MINUTE)


def test_training_ends_with_the_window(train, press, viewer, qtbot):
    before = engine_threads()
    train.form.minutes.value = 100
    press(train.panel.start_button)
    qtbot.waitUntil(lambda: len(train.curve.plot.loss) > 1, timeout=MINUTE)
    job = train.panel.job
    viewer.close()
    settle(qtbot, before)
    qtbot.waitUntil(lambda: not job.running, timeout=MINUTE)


def test_no_half_written_file_looks_whole(dock, press, viewer, qtbot, tmp_path):
    before = engine_threads()
    pixels = np.random.default_rng(0).integers(0, 256, (60, 512, 512), np.uint8)  # none is blank
    viewer.add_image(pixels, axis_labels=("z", "y", "x"))
    trained_models(viewer).add(make_model())
    segment = dock("Segment")
    segment.form.output.value = "file"
    segment.form.path.value = tmp_path / "p.ome.zarr"
    press(segment.panel.start_button)
    qtbot.waitUntil(lambda: segment.panel.bar.value() > 0, timeout=MINUTE)
    viewer.close()
    settle(qtbot, before)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["p.ome.zarr.journal", "p.ome.zarr.partial"]


def test_closing_only_the_widget_stops_its_job_too(train, press, viewer, qtbot):
    before = engine_threads()
    train.form.minutes.value = 100
    press(train.panel.start_button)
    qtbot.waitUntil(lambda: len(train.curve.plot.loss) > 1, timeout=MINUTE)
    viewer.window.remove_dock_widget(train)
    settle(qtbot, before)
    qtbot.waitUntil(lambda: train.panel.job is None, timeout=MINUTE)
    assert trained_models(viewer).models == [train.model]  # what it learned is kept
    viewer.layers["stack"].name = "renamed"  # nobody listens any more
    viewer.dims.set_current_step(0, 1)
