"""The window that pictures are taken of, with what lies in it."""

import tempfile
import time

import napari
import numpy as np
from napari.settings import get_settings
from qtpy.QtWidgets import QApplication

import napari_fcnseg as fs
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.demo import PAINTED, SCALE, SHARE, UNITS
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.gui.llvm import keep_triton_out
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

SIZE = 1280, 800
WAIT = 300  # seconds
ISBI = {1: "membrane", 2: "cell"}


def scene_data(data):
    """Image, truth, strokes and names of classes: of the sample, or of ISBI 2012."""
    if data is None:
        image, truth = synthetic_em()
        names, planes = CLASSES, [round(p * (len(image) - 1)) for p in (0.5, PAINTED[1])]
    else:
        opened = (fs.open_image(data / f"train-{n}.tif", axes="ZYX") for n in ("volume", "labels"))
        image, painted = (np.asarray(i.data[:16]) for i in opened)
        truth, names, planes = np.where(painted > 0, 2, 1).astype(np.uint8), ISBI, [2, 8, 13]
    return image, truth, fs.simulate_strokes(truth, planes, SHARE), names


class Stage:
    """A window with an image, and a model if there is one."""

    def __init__(self, theme, model=None, data=None):
        get_settings().appearance.theme = theme
        self.viewer = napari.Viewer(show=True)
        keep_triton_out()
        self.viewer.window.resize(*SIZE)
        self.app = QApplication.instance()
        self.image, self.truth, self.strokes, names = scene_data(data)
        self.classes = [default_class(i, name) for i, name in names.items()]
        self.table = class_table(self.classes)
        self.place = {"axis_labels": ("z", "y", "x"), "scale": SCALE, "units": UNITS}
        self.viewer.add_image(self.image, name="EM stack", **self.place)
        if model:
            self.model = fs.load_model(model)
            trained_models(self.viewer).add(self.model)
        self.folder = tempfile.TemporaryDirectory()
        self.planes = np.flatnonzero(self.strokes.any((1, 2)))

    def labels(self, pixels, name, **more):
        """Add a Labels layer with the classes' names and colours."""
        return self.viewer.add_labels(pixels, name=name, **self.place, **self.table, **more)

    def found(self):
        """Add what the model finds; as in the product it cannot be painted on."""
        pixels = fs.segment(self.model, fs.Image(self.image, "ZYX"))
        layer = self.labels(pixels, "EM stack segmented", opacity=0.5)
        layer.editable = False
        return layer

    def dock(self, name):
        """Open one of our widgets."""
        return self.viewer.window.add_plugin_dock_widget("napari-fcnseg", name)[1]

    def wait(self, done):
        """Let the window live until something is done."""
        end = time.monotonic() + WAIT
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"not done within {WAIT} s")
            self.app.processEvents()
            time.sleep(0.01)

    def run(self, widget):
        """Press its button, and wait for its job."""
        widget.panel.start_button.click()
        self.wait(lambda: widget.panel.job is None)

    def save(self, path):
        """Let everything be drawn, and take the picture."""
        for _ in range(30):
            self.app.processEvents()
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)
