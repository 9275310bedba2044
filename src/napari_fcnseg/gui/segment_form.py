"""What to segment, with what, and where the labels go: the form of the Segment widget."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from napari import Viewer
from napari.layers import Image as ImageLayer
from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time

from napari_fcnseg.errors import ImageError, ModelError
from napari_fcnseg.gui.choices import AxesChoice, LayerChoice, trained_models
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layer_watch import LayerWatch
from napari_fcnseg.gui.layers import labels_image, layer_path, layer_pixels
from napari_fcnseg.gui.methods import MakerChoice, MethodRows
from napari_fcnseg.gui.output import OutputChoice, chosen_path
from napari_fcnseg.gui.preferences import DeviceChoice, tile_memory
from napari_fcnseg.gui.region import REGIONS, WHOLE, chosen_region
from napari_fcnseg.gui.segment_task import Task
from napari_fcnseg.gui.view_watch import ViewWatch
from napari_fcnseg.images.axes import READINGS
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.open import open_image

INPUTS = [("a layer", "layer"), ("a file", "file"), ("a folder or Zarr", "folder")]
FROM_FILE = "from the file"


class SegmentForm(Rows):
    """Rows for model, input, output and device; those that do not apply are hidden.

    Parameters
    ----------
    viewer
        napari's viewer.

    Attributes
    ----------
    changed
        Emitted when another choice is made, or what is chosen has changed itself.
    followers
        What is to be let go of when the widget goes.
    model_files
        Files that models were loaded from, by their `id`: the session keeps them alive.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.model_files: dict[int, Path] = {}
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
        self.device = DeviceChoice()
        for choice in (self.model, self.input, self.output):
            choice.changed.connect(self._show_rows)
        layer_rows, file_rows = (self.image, self.axes, self.region), (self.file, self.folder)
        source = [self.input, *layer_rows, *file_rows, self.file_axes]
        rest = [self.output, self.path, self.device]
        rows = [self.model, *source, *self.methods.rows, *rest]
        super().__init__(rows)
        for row in rows:
            row.changed.connect(self._tell)
        self._layer = LayerWatch(self._tell)
        self._view = ViewWatch(viewer, self._move)
        self.image.changed.connect(self._layer.follow)
        self._layer.follow(self.image.value)
        self.followers = (self.image, self.model, self.methods.strokes, self._view, self._layer)
        self._show_rows()

    def _tell(self, _: object = None) -> None:
        self.changed.emit()

    def _move(self, _: object = None) -> None:
        """Tell that another part is on screen, where that is the region."""
        if self.input.value == "layer" and self.region.value != WHOLE:
            self.changed.emit()

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

    def task(self) -> Task:
        """Return what is chosen, to be done in a thread; a file for the output may be missing.

        Raises
        ------
        AnnotationError
            If a method needs strokes, and there are none.
        ImageError
            If no image is chosen, or its axes are not known.
        ModelError
            If neither a model nor a method is chosen.
        """
        method, model = self.model.method(), self.model.model()
        if method is None and model is None:
            raise ModelError(
                "there is no model yet: train one, load one from a file, or choose a method that "
                "needs no training under 'model'"
            )
        task = self.source()
        if method:
            strokes = self.methods.strokes_of(method)
            labels = labels_image(strokes) if strokes else None
            return replace(task, make=self.methods.maker(method), strokes=labels, method=method)
        assert model is not None
        return replace(
            task,
            make=lambda _: model,
            model=model,
            device=self.device.value,
            memory=tile_memory(),
            model_file=self.model_files.get(id(model)),
        )

    def source(self) -> Task:
        """Return the image, its layer and region."""
        if self.input.value != "layer":
            path = chosen_path(self.file if self.input.value == "file" else self.folder)
            if path is None:
                raise ImageError(f"which {self.input.value}? Choose it in the row under 'input'")
            axes = None if self.file_axes.value == FROM_FILE else self.file_axes.value
            return Task(path.name, partial(open_image, path, axes=axes), file=path, axes=axes)
        layer = self.image.value
        if layer is None:
            raise ImageError("there is no image layer: open an image, or choose a file as input")
        axes = self.axes.axes()
        image = layer_pixels(layer, axes)
        return Task(
            layer.name,
            partial(reduce_colour, image, None) if layer.rgb else lambda: image,
            source=layer,
            region=chosen_region(self.region.value, self._viewer, layer, image),
            file=layer_path(layer),
            axes=axes,
        )
