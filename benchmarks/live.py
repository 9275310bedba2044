"""How long a person waits for a preview: after Start, and in another slice while it trains.

    xvfb-run -a -s "-screen 0 1280x800x24" python benchmarks/live.py --moves 10

The real napari, on a screen, with the sample that has strokes. A preview of a slice is there when
all of it that is on screen has labels in the layer that is drawn. Moves to other slices are spread
over the training; then the time that a ranking of regions takes ("Next region") is measured.
"""

import argparse
import time

import napari
import numpy as np
import torch
from machine import machine
from qtpy.QtWidgets import QApplication

LAYER = "preview of EM stack"
PATIENCE = 120  # seconds


def wait(done):
    """Run the event loop until something is done; return how many seconds that took."""
    began = time.perf_counter()
    while not done():
        if time.perf_counter() > began + PATIENCE:
            raise TimeoutError(f"not done within {PATIENCE} s")
        QApplication.processEvents()
        time.sleep(0.002)
    return time.perf_counter() - began


def live(seconds):
    """Run the event loop for some time."""
    end = time.perf_counter() + seconds
    wait(lambda: time.perf_counter() >= end)


def is_seen(viewer, train, z):
    """Whether what is on screen of a slice has labels."""
    if LAYER not in viewer.layers:
        return False
    stack = viewer.layers["EM stack"]
    (top, left), (bottom, right) = stack.corner_pixels[:, -2:]
    seen = np.asarray(viewer.layers[LAYER].data[z])[top : bottom + 1, left : right + 1]
    return bool(seen.all())


def main(options):
    """Print a table."""
    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    viewer.open_sample("napari-fcnseg", "painted_em_stack")
    _, train = viewer.window.add_plugin_dock_widget("napari-fcnseg", "Train")
    live(3)  # the window is drawn, the costs of the network are counted
    train.form.minutes.value = options.minutes
    slices = len(viewer.layers["EM stack"].data)
    here = viewer.dims.current_step[0]

    train.panel.start_button.click()
    first = wait(lambda: is_seen(viewer, train, here))
    taken, rng = [], np.random.default_rng(0)
    others = rng.permutation([z for z in range(slices) if z != here])[: options.moves]
    pause = 60 * options.minutes * 0.9 / max(1, len(others))
    for z in others.tolist():
        if train.panel.job is None:
            raise RuntimeError("the training ended too soon: give it more --minutes")
        viewer.dims.set_current_step(0, z)
        taken.append(wait(lambda z=z: is_seen(viewer, train, z)))
        live(max(0.0, pause - taken[-1]))
    train.tools.next_button.click()
    ranking = wait(lambda: train.panel.status.text().startswith("region 1"))
    train.panel.stop_button.click()
    wait(lambda: train.panel.job is None)
    viewer.close()

    print(f"# Waiting for a preview\n\n{machine()}\n")
    print("| what | seconds |\n|---|---|")
    print(f"| first preview after Start | {first:.1f} |")
    print(f"| another slice, median of {len(taken)} | {np.median(taken):.1f} |")
    print(f"| another slice, worst | {max(taken):.1f} |")
    print(f"| ranking for Next region | {ranking:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="of the training")
    parser.add_argument("--moves", type=int, default=10, help="to other slices")
    torch.set_num_threads(2)
    main(parser.parse_args())
