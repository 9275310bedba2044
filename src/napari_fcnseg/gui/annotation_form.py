"""Which image is painted on, and where the strokes are kept: the upper form of Annotate."""

from pathlib import Path

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from napari import Viewer
from napari.layers import Image as ImageLayer
from qtpy.QtWidgets import QFormLayout, QPushButton

from napari_fcnseg.errors import AnnotationError, ImageError
from napari_fcnseg.gui.annotation_layer import fits_easily
from napari_fcnseg.gui.choices import AxesChoice, LayerChoice
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.output import chosen_path
from napari_fcnseg.images.image import Image

MEMORY, FOLDER = "memory", "folder"
PLACES = [("memory", MEMORY), ("a project folder", FOLDER)]


class AnnotationForm(Rows):
    """Rows for the image, its axes, and the place of the strokes; and the button.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self.image = LayerChoice(viewer, ImageLayer, "image", "What to paint on")
        self.axes = AxesChoice(self.image)
        self.place = ComboBox(
            label="keep in",
            choices=PLACES,
            tooltip="In memory strokes live as long as the layer, unless you save it. A folder "
            "has each stroke as soon as it is painted, and takes room only for painted parts",
        )
        self.folder = FileEdit(
            label="folder",
            mode=FileDialogMode.EXISTING_DIRECTORY,
            tooltip="Strokes go into IMAGE-annotation.ome.zarr in it; those that are there "
            "already are opened again, never overwritten",
        )
        self.button = QPushButton("New annotation layer")
        super().__init__([self.image, self.axes, self.place, self.folder])
        layout = self.layout()
        assert isinstance(layout, QFormLayout)
        layout.addRow(self.button)
        self.image.changed.connect(self._propose)
        self.place.changed.connect(self._show_rows)
        self.folder.changed.connect(self._show_rows)
        self._propose()
        self._show_rows()

    def chosen(self) -> tuple[ImageLayer, Image, Path | None]:
        """Return the layer, what it shows, and the project folder, if any.

        Raises
        ------
        ImageError, AxesError, AnnotationError
            If one of them is still to be chosen.
        """
        layer = self.image.value
        if layer is None:
            raise ImageError("there is no image layer to paint on: open an image")
        image = layer_image(layer, self.axes.axes())
        if self.place.value == MEMORY:
            return layer, image, None
        folder = chosen_path(self.folder)
        if folder is None:
            raise AnnotationError(
                "choose the project folder that keeps the strokes, under 'folder'"
            )
        return layer, image, folder

    def _propose(self, _: object = None) -> None:
        """Propose memory for small images that are there already, else a folder."""
        layer = self.image.value
        self.place.value = MEMORY if layer is None or fits_easily(layer) else FOLDER

    def _show_rows(self, _: object = None) -> None:
        self.show_row(self.folder, self.place.value == FOLDER)
