"""Open napari, train and close it, again and again; print what is left each time.

python -m tests.gui.cycles 10
"""

import gc
import json
import sys
import threading
import time
import weakref

import numpy as np
import psutil
from napari import Viewer
from qtpy.QtCore import QCoreApplication, QEvent, QThreadPool
from qtpy.QtWidgets import QApplication

import napari_fcnseg as fs
from napari_fcnseg.gui.aside import NAME
from napari_fcnseg.images.synthetic import synthetic_em
from napari_fcnseg.nets.unet import UNet

QUICK = fs.Recipe(
    net_options={"depth": 2, "width": 4}, steps=6, patch=32, batch=2, validation=0.2, gap=4,
    pseudo=0.0, shares="painted",
)  # fmt: skip
PATIENCE = 120.0  # seconds


def wait(until):
    """Let the window live until something is so."""
    ends = time.monotonic() + PATIENCE
    while not until():
        QApplication.processEvents()
        time.sleep(0.005)
        assert time.monotonic() < ends


def working():
    """Whether a thread has something to do still."""
    return QThreadPool.globalInstance().activeThreadCount() > 0 or any(
        thread.name == NAME for thread in threading.enumerate()
    )


def cycle(image, strokes):
    """Return what must not outlive a window."""
    viewer = Viewer()
    viewer.add_image(image.copy(), name="stack", axis_labels=("z", "y", "x"))
    viewer.add_labels(strokes.copy(), name="strokes")
    train = viewer.window.add_plugin_dock_widget("napari-fcnseg", "Train")[1]
    segment = viewer.window.add_plugin_dock_widget("napari-fcnseg", "Segment")[1]
    train._show(QUICK)
    train.form.device.value = "cpu"
    train.start()
    wait(lambda: train.model is not None and train.panel.job is None)
    segment.start()
    wait(lambda: "stack segmented" in viewer.layers and segment.panel.job is None)
    left = [weakref.ref(x) for x in (viewer, train, segment, train.model, train.model.net)]
    viewer.close()
    wait(lambda: not working())
    return left


def settle():
    """Let Qt and Python take away what nobody holds."""
    for _ in range(10):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.DeferredDelete)
    gc.collect()


def main(cycles):
    """Print a line of JSON for each cycle: what is alive, names of threads, megabytes."""
    image, truth = synthetic_em((6, 160, 176), seed=3)
    strokes = fs.simulate_strokes(truth, [1, 4], share=0.06, seed=3)
    image, strokes = np.tile(image, (1, 4, 4)), np.tile(strokes, (1, 4, 4))
    left = []
    for _ in range(cycles):
        left += cycle(image, strokes)
        settle()
        alive = [type(x).__name__ for ref in left if (x := ref()) is not None]
        alive += [type(x).__name__ for x in gc.get_objects() if type(x) is UNet]
        memory = psutil.Process().memory_info().rss / 1e6
        threads = [thread.name for thread in threading.enumerate()]
        print(json.dumps([alive, threads, round(memory)]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
