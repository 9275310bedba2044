"""Where labels go, a new layer or a file; and what napari shows of that file."""

import math
from pathlib import Path
from typing import Any

import dask.array as da
from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.output import open_levels
from napari_fcnseg.images.tiff import TiffArray

OUTPUTS = [("a new layer", "layer"), ("a file", "file")]
MOST_IN_MEMORY = 2**32
CHUNK = 1024  # of what is shown of a TIFF


class OutputChoice(ComboBox):
    """A new layer or a file.

    Attributes
    ----------
    path
        The row for the name of the file, to be shown where one is wanted.
    """

    def __init__(self) -> None:
        self.path = FileEdit(
            label="write to",
            mode=FileDialogMode.OPTIONAL_FILE,
            filter="*.ome.zarr *.ome.tif",
            tooltip="A name that ends in .ome.zarr (with a pyramid) or .ome.tif",
        )
        super().__init__(label="output", choices=OUTPUTS, tooltip="Where the labels go")

    def chosen_file(self) -> Path | None:
        """Return the path of the file, or ``None`` for labels in memory.

        Raises
        ------
        OutputError
            If no file is chosen.
        """
        if self.value != "file":
            return None
        path = chosen_path(self.path)
        if path is None:
            raise OutputError("choose the file that the labels go to, under 'write to'")
        return path

    def chosen(self, shape: tuple[int, ...], each: int = 1) -> Path | None:
        """Return the path of the file, or ``None`` for labels in memory.

        Parameters
        ----------
        shape
            Of the labels.
        each
            Bytes of memory that a pixel takes.

        Raises
        ------
        OutputError
            If no file is chosen, or the labels are too many for memory.
        """
        path = self.chosen_file()
        if path is None:
            check_memory(shape, each)
        return path


def check_memory(shape: tuple[int, ...], each: int = 1) -> None:
    """Raise `OutputError` if labels of `shape`, of `each` bytes, are too many for memory."""
    if each * math.prod(shape) > MOST_IN_MEMORY:
        raise OutputError(
            f"the labels of {' x '.join(map(str, shape))} pixels are too large for memory: "
            "choose a file as output"
        )


def chosen_path(edit: FileEdit) -> Path | None:
    """Path that was chosen, if any."""
    return edit.value if isinstance(edit.value, Path) and edit.value != Path() else None


def written_labels(path: Path) -> Any:
    """Return what napari takes of a file of labels: the levels of a pyramid, or an array."""
    levels = [_array(level) for level in open_levels(path)]
    return levels if len(levels) > 1 else levels[0]


def _array(level: Any) -> Any:
    """Return what napari takes; of a reader of ours, a dask array that reads what is shown."""
    if not isinstance(level, TiffArray):
        return level
    chunks = (1,) * (len(level.shape) - 2) + (CHUNK, CHUNK)
    return da.from_array(level, chunks=chunks, name=False)
