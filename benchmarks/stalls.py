"""How long the window does not answer while networks work: gaps between ticks of a 5 ms timer.

    xvfb-run -a -s "-screen 0 1280x800x24" python benchmarks/stalls.py

The real napari, on a screen; without a graphics card it is drawn by the processor, which is told
beside each figure. Jobs: nothing at all; napari alone, to which an empty Labels layer of
8192 x 8192 pixels is added and which refreshes it; opening the Train widget; training on the sample
while slices are changed; and a prediction of 8192 x 8192 pixels into a layer in memory and into an
OME-Zarr, refreshed as tiles come.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import napari
import numpy as np
from machine import machine
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

import napari_fcnseg as fs
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.llvm import keep_triton_out
from napari_fcnseg.images.synthetic import synthetic_em

TICK = 5  # milliseconds
EDGE = 8192
SLOW = 100  # milliseconds, what a person notices


class Ticks:
    """Times between ticks of a timer in the GUI thread, in milliseconds."""

    def __init__(self):
        self.gaps, self._last, self._timer = [], 0.0, QTimer()
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    def _tick(self):
        now = time.perf_counter()
        self.gaps.append(1e3 * (now - self._last))
        self._last = now

    def __enter__(self):
        self._last, self.gaps = time.perf_counter(), []  # what is done first counts, too
        self._timer.start()
        return self

    def __exit__(self, *_):
        self._timer.stop()


def live(done, seconds=600):
    """Run the event loop until something is done."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"not done within {seconds} s")
        QApplication.processEvents()
        time.sleep(0.0005)


def rest(seconds):
    """Run the event loop for some time."""
    end = time.monotonic() + seconds
    live(lambda: time.monotonic() > end)


def row(job, ticks):
    """Print a row of the table."""
    gaps = np.array(ticks.gaps)
    told = [f"{v:.0f}" for v in (*np.percentile(gaps, (50, 99, 99.9)), gaps.max())]
    print(
        "|", " | ".join([job, f"{len(gaps):,}", *told, str((gaps > SLOW).sum())]), "|", flush=True
    )


def open_widget(viewer, name):
    """Open one of our widgets."""
    return viewer.window.add_plugin_dock_widget("napari-fcnseg", name)[1]


def training(seconds):
    """Training on the sample; each second another slice is looked at."""
    viewer = napari.Viewer()
    viewer.open_sample("napari-fcnseg", "painted_em_stack")
    with Ticks() as ticks:
        train = open_widget(viewer, "Train")
        rest(10)  # a person looks for layers
    row("the Train widget is opened (10 s)", ticks)
    train.form.minutes.value = 60
    end, slices = time.monotonic() + seconds, itertools.cycle(range(len(synthetic_em()[0])))
    mover = QTimer()
    mover.timeout.connect(lambda: viewer.dims.set_current_step(0, next(slices)))
    mover.start(1000)
    with Ticks() as ticks:
        train.panel.start_button.click()
        live(lambda: time.monotonic() > end)
    mover.stop()
    train.panel.stop_button.click()
    live(lambda: train.panel.job is None)
    row(f"training, another slice each second ({seconds} s)", ticks)
    viewer.close()


def large():
    """Open a window with a large image."""
    viewer = napari.Viewer()
    stack, _ = synthetic_em()
    times = -(-EDGE // stack.shape[-1])
    viewer.add_image(np.tile(stack[0], (times, times))[:EDGE, :EDGE], name="large")
    rest(2)
    return viewer


def napari_alone(refreshes=8):
    """Add labels, and refresh them."""
    viewer = large()
    with Ticks() as ticks:
        labels = viewer.add_labels(np.zeros((EDGE, EDGE), np.uint8))
        rest(0.5)
    row(f"napari alone adds labels of {EDGE} x {EDGE}", ticks)
    with Ticks() as ticks:
        for _ in range(refreshes):
            labels.refresh(extent=False, highlight=False, thumbnail=False)
            rest(0.5)
    row("napari alone refreshes them", ticks)
    viewer.close()


def predicting(model, path):
    """Segment a large image, into memory or a file."""
    viewer = large()
    trained_models(viewer).add(model)
    segment = open_widget(viewer, "Segment")
    if path:
        segment.form.output.value, segment.form.path.value = "file", path
    live(lambda: segment.panel.start_button.isEnabled())
    with Ticks() as ticks:
        segment.panel.start_button.click()
        live(lambda: segment.panel.job is None)
    row(f"{EDGE} x {EDGE} into {'an OME-Zarr' if path else 'memory'}", ticks)
    viewer.close()


def main(options):
    """Print a table."""
    print(f"# How long the window does not answer\n\n{machine()}\n")
    print("| job | ticks | median (ms) | 99 % | 99.9 % | longest | over 100 ms |")
    print("|---|---|---|---|---|---|---|", flush=True)
    viewer = napari.Viewer()
    keep_triton_out()  # before this module's own training
    with Ticks() as ticks:
        rest(5)
    row("nothing", ticks)
    viewer.close()
    napari_alone()
    training(options.seconds)
    image, truth = synthetic_em()
    net = {"width": 2, "depth": 2}  # little to compute: tiles come fast
    recipe = fs.Recipe(net="unet_light", net_options=net, steps=30, patch=64)
    model = fs.fit(image, fs.simulate_strokes(truth, [0], share=0.05), recipe, axes="ZYX")
    predicting(model, None)
    with tempfile.TemporaryDirectory() as folder:
        predicting(model, Path(folder) / "large.ome.zarr")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    main(parser.parse_args())
