"""Where a prediction goes: an OME-Zarr, an OME-TIFF or an array in memory.

A file is written beside its place, as ``NAME.partial``, and takes its name when it is
whole. An unfinished output is therefore never mistaken for a finished one.
"""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.zarr_reader import is_zarr


@dataclass(frozen=True)
class OutputSpec:
    """What is going to be written.

    Attributes
    ----------
    axes, shape, dtype
        Of the whole output; axes in the order ``TCZYX``.
    chunk
        Shape of the blocks it is written in; each is written once.
    scale, units
        Pixel size along each axis.
    origin
        Position of the first pixel in the source image, in pixels.
    name
        Name of the image in its metadata.
    image_label
        ``image-label`` metadata of NGFF (colours and classes), for labels only.
    provenance
        Plain data on how it was made.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    scale: tuple[float, ...]
    units: tuple[str, ...]
    origin: tuple[int, ...]
    name: str = "segmentation"
    image_label: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


class Output(ABC):
    """Takes blocks, each once, in any order and from any thread.

    Attributes
    ----------
    data
        What has been written so far, as one array per pyramid level, finest first.
    """

    data: list[Any]

    @abstractmethod
    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write `block` at `spans`, ``((start, stop), ...)`` along the output's axes."""

    @abstractmethod
    def finish(self) -> None:
        """Make the output whole under its final name; called when all blocks are written."""


class ArrayOutput(Output):
    """An array that is there already: numpy, or Zarr of any store."""

    def __init__(self, array: Any, shape: tuple[int, ...]) -> None:
        if tuple(array.shape) != shape:
            raise OutputError(
                f"the output array has the shape {tuple(array.shape)}, the prediction {shape}: "
                "give an array of that shape"
            )
        self.data = [array]

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write into the array."""
        self.data[0][tuple(slice(*span) for span in spans)] = block

    def finish(self) -> None:
        """Nothing is left to do."""


class FileOutput(Output):
    """A file or folder that takes its name when it is whole.

    Attributes
    ----------
    path
        The final place.
    partial
        Where it grows.
    """

    def __init__(self, path: Path, spec: OutputSpec, overwrite: bool = False) -> None:
        self.path, self.spec = path, spec
        self.partial = path.with_name(path.name + ".partial")
        check_free(path, overwrite)
        _remove(self.partial)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._create()
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error}") from error

    @abstractmethod
    def _create(self) -> None:
        """Create the file at `partial` and fill `data`."""

    def _close(self) -> None:
        """Flush what is still in memory."""

    def finish(self) -> None:
        """Give the file its final name; an older one of that name is removed."""
        self._close()
        old = self.path.with_name(self.path.name + ".old")
        if self.path.exists():
            _remove(old)
            self.path.rename(old)
        self.partial.rename(self.path)
        _remove(old)


def check_free(path: Path, overwrite: bool) -> None:
    """Raise `OutputError` if `path` is taken and `overwrite` is off.

    An unfinished output of an earlier run counts too: its tiles are work already done.
    """
    partial = path.with_name(path.name + ".partial")
    for taken, what in ((path, "exists already"), (partial, "is left of an unfinished run")):
        if taken.exists() and not overwrite:
            raise OutputError(
                f"{taken} {what}; give another name, or allow to replace it with overwrite=True "
                "(--overwrite)"
            )
        if taken.is_dir() and any(taken.iterdir()) and not is_zarr(taken):
            raise OutputError(
                f"{taken} is a folder with other files in it, not a Zarr that could be replaced: "
                "give another name"
            )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        os.remove(path)
