"""What to segment, with what, and where the labels go: the form of the Segment widget."""

from typing import Any

import numpy as np
from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from napari import Viewer
from napari.layers import Image as ImageLayer

from napari_fcnseg.errors import ImageError, ModelError
from napari_fcnseg.gui.choices import DEVICES, AxesChoice, LayerChoice, trained_models
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.methods import Maker, MakerChoice, MethodRows
from napari_fcnseg.gui.output import OutputChoice, chosen_path
from napari_fcnseg.gui.region import REGIONS, chosen_region
from napari_fcnseg.images.axes import READINGS
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image

INPUTS = [("a layer", "layer"), ("a file", "file"), ("a folder or Zarr", "folder")]
FROM_FILE = "from the file"


class SegmentForm(Rows):
    """Rows for model, input, output and device; those that do not apply are hidden.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.model = MakerChoice(trained_models(viewer))
        self.methods = MethodRows(viewer)
        self.input = ComboBox(label="input", choices=INPUTS, tooltip="What to segment")
        self.image = LayerChoice(viewer, ImageLayer, "image", "Image layer to segment")
        self.axes = AxesChoice(self.image)
        self.region = ComboBox(
            label="region", choices=REGIONS, tooltip="Which part of the layer to segment"
        )
        self.file = FileEdit(label="file", mode=FileDialogMode.EXISTING_FILE)
        self.folder = FileEdit(label="folder", mode=FileDialogMode.EXISTING_DIRECTORY)
        self.file_axes = ComboBox(
            label="axes", choices=[FROM_FILE, *READINGS], tooltip="Needed where the file is silent"
        )
        self.output = OutputChoice()
        self.path = self.output.path
        self.device = ComboBox(label="device", choices=DEVICES, tooltip="Where to compute")
        for choice in (self.model, self.input, self.output):
            choice.changed.connect(self._show_rows)
        layer_rows, file_rows = (self.image, self.axes, self.region), (self.file, self.folder)
        source = [self.input, *layer_rows, *file_rows, self.file_axes]
        rest = [self.output, self.path, self.device]
        super().__init__([self.model, *source, *self.methods.rows, *rest])
        self._show_rows()

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that belong to the choices."""
        kind = self.input.value
        for row in (self.image, self.axes, self.region):
            self.show_row(row, kind == "layer")
        self.show_row(self.file, kind == "file")
        self.show_row(self.folder, kind == "folder")
        self.show_row(self.file_axes, kind != "layer")
        self.show_row(self.path, self.output.value == "file")
        method = self.model.method()
        shown = self.methods.shown(method)
        for option in self.methods.rows:
            self.show_row(option, option in shown)
        self.show_row(self.device, method is None)

    def chosen_maker(self, image: Image) -> Maker:
        """Return what makes the model or the method for an image; a thread calls it.

        Raises
        ------
        AnnotationError
            If a method needs strokes, and there are none.
        ModelError
            If nothing is chosen.
        """
        self.check_maker()
        method, model = self.model.method(), self.model.model()
        if method:
            return self.methods.maker(method, image)
        assert model is not None
        return lambda: model

    def check_maker(self) -> None:
        """Raise `ModelError` if neither a model nor a method is chosen."""
        if self.model.value is None:
            raise ModelError(
                "there is no model yet: train one, load one from a file, or choose a method that "
                "needs no training under 'model'"
            )

    def chosen_image(self) -> tuple[Image, ImageLayer | None, Spans | None]:
        """Return what to segment, its layer, and the region of it, if any.

        Raises
        ------
        ImageError
            If nothing is chosen, or it cannot be opened.
        """
        if self.input.value != "layer":
            path = chosen_path(self.file if self.input.value == "file" else self.folder)
            if path is None:
                raise ImageError(f"which {self.input.value}? Choose it in the row under 'input'")
            stated = self.file_axes.value
            return open_image(path, axes=None if stated == FROM_FILE else stated), None, None
        layer = self.image.value
        if layer is None:
            raise ImageError("there is no image layer: open an image, or choose a file as input")
        image = layer_image(layer, self.axes.axes())
        return image, layer, chosen_region(self.region.value, self._viewer, layer, image)

    def chosen_output(self, shape: tuple[int, ...]) -> Any:
        """Return the path that the labels go to, or an array of `shape` for them.

        Raises
        ------
        OutputError
            If no file is chosen, or labels are too many for memory.
        """
        path = self.output.chosen(shape)
        return np.zeros(shape, np.uint8) if path is None else path
