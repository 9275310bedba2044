"""With what files are segmented, and where their labels go: the form of the Batch widget."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit, LineEdit
from napari import Viewer

from napari_fcnseg.batch_queue import PATTERN, FileQueue
from napari_fcnseg.errors import ImageError, ModelError, OutputError
from napari_fcnseg.gui.choices import ModelChoice, trained_models
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.output import chosen_path
from napari_fcnseg.gui.preferences import DeviceChoice, tile_memory
from napari_fcnseg.gui.segment_form import FROM_FILE
from napari_fcnseg.images.axes import READINGS
from napari_fcnseg.models.model import Model

FOLDER = "segmented"  # beside the first image, where no other is chosen


class BatchForm(Rows):
    """Rows for the model, the folder and names of labels, axes and device.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self.model = ModelChoice(trained_models(viewer))
        self.folder = FileEdit(
            label="write to",
            mode=FileDialogMode.EXISTING_DIRECTORY,
            tooltip="Folder for the labels; labels that are in it already are gone on with",
        )
        self.pattern = LineEdit(
            label="names",
            value=PATTERN,
            tooltip="Of the labels; {name}, {suffix} and {folder} are those of the image. "
            "A pattern that ends in .ome.tif writes TIFF",
        )
        self.axes = ComboBox(
            label="axes",
            choices=[FROM_FILE, "YX", *READINGS],
            tooltip="What the dimensions of all files are; needed where they are silent",
        )
        self.device = DeviceChoice()
        super().__init__([self.model, self.folder, self.pattern, self.axes, self.device])

    def propose_folder(self, first: Path) -> None:
        """Choose a folder beside the first image, if none is chosen."""
        if chosen_path(self.folder) is None:
            self.folder.value = first.absolute().parent / FOLDER

    def chosen_model(self) -> Model:
        """Return the model.

        Raises
        ------
        ModelError
            If there is none.
        """
        model = self.model.model()
        if model is None:
            raise ModelError(
                "there is no model yet: train one, or choose one in the Models widget and press Use"
            )
        return model

    def chosen_queue(self, paths: Sequence[Path]) -> FileQueue:
        """Return files that wait, and where their labels go.

        Raises
        ------
        ImageError, OutputError
            If there are no files, no folder is chosen, or labels cannot have the names.
        """
        if not paths:
            raise ImageError("there are no files: add some, or drop them on the list")
        folder = chosen_path(self.folder)
        if folder is None:
            raise OutputError("choose the folder that the labels go to, under 'write to'")
        queue = FileQueue(folder, self.pattern.value)
        queue.add(paths)
        return queue

    def stated_axes(self) -> str | None:
        """Return the axes, if they are not left to the files."""
        return None if self.axes.value == FROM_FILE else str(self.axes.value)

    def opening(self) -> dict[str, Any]:
        """Return how each file is opened."""
        return {"axes": self.stated_axes()}

    def how(self) -> dict[str, Any]:
        """Return how each file is predicted."""
        return {"device": self.device.value, "memory": tile_memory(), "resume": True}
