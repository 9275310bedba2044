"""Where a prediction goes: an OME-Zarr, an OME-TIFF or an array in memory.

A file grows beside its place, as ``NAME.partial``, and takes its name when it is whole. An
unfinished output is therefore never mistaken for a finished one, and can be gone on with.
"""

import math
import os
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.zarr_reader import is_zarr

Mode = Literal["new", "overwrite", "resume"]


@dataclass(frozen=True)
class OutputSpec:
    """What is going to be written.

    Attributes
    ----------
    axes, shape, dtype
        Of the whole output; axes in the order ``TCZYX``.
    block
        Shape of the blocks it is written in; each is written once.
    scale, units
        Pixel size along each axis.
    origin
        Position of the first pixel in the source image, in pixels.
    name
        Name of the image in its metadata.
    ngff
        Version of OME-Zarr.
    image_label
        ``image-label`` metadata of NGFF (colours and classes), for labels only.
    provenance
        Plain data on how it was made.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    block: tuple[int, ...]
    scale: tuple[float, ...]
    units: tuple[str, ...]
    origin: tuple[int, ...]
    name: str = "segmentation"
    ngff: str = "0.5"
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
        """Write `block` at `spans`; a file has it on the disk when this returns."""

    @abstractmethod
    def finish(self) -> None:
        """Make the output whole under its final name; called when all blocks are written."""


class ArrayOutput(Output):
    """An array that is there already: numpy, or Zarr of any store."""

    def __init__(self, array: Any, spec: OutputSpec) -> None:
        if tuple(array.shape) != spec.shape:
            raise OutputError(
                f"the output array has the shape {tuple(array.shape)}, the prediction "
                f"{spec.shape}: give an array of that shape"
            )
        self.data, self._block = [array], spec.block
        # Two blocks in one chunk, written at once, would undo each other.
        self._turn: Any = nullcontext() if self._alone else threading.Lock()

    @property
    def _alone(self) -> bool:
        """Whether each chunk lies in one block."""
        array = self.data[0]
        chunks = getattr(array, "shards", None) or getattr(array, "chunks", None)
        if not isinstance(chunks, tuple):
            return not hasattr(array, "store")
        along = zip(array.shape, self._block, chunks, strict=True)
        return all(block % chunk == 0 or block >= n for n, block, chunk in along)

    def check_shared(self) -> None:
        """Raise `OutputError` unless several processes can write into it."""
        array = self.data[0]
        if not hasattr(array, "store"):
            raise OutputError(
                "other processes cannot fill an array in memory: give a path or a Zarr array"
            )
        if not self._alone:
            raise OutputError(
                f"tiles of {self._block} share chunks of {array.chunks}, which processes cannot "
                "write at once: give a path, or an array with chunks that divide the tiles"
            )

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write into the array."""
        with self._turn:
            self.data[0][tuple(slice(*span) for span in spans)] = block

    def finish(self) -> None:
        """Nothing is left to do."""


class FileOutput(Output):
    """A file or folder that takes its name when it is whole.

    Parameters
    ----------
    path
        Its final place.
    spec
        What is going to be written.
    mode
        ``"resume"`` goes on with what is there, if anything.

    Attributes
    ----------
    partial
        Where it grows.
    """

    def __init__(self, path: Path, spec: OutputSpec, mode: Mode = "new") -> None:
        self.path, self.spec = path, spec
        self.partial = partial_path(path)
        check_free(path, mode)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if mode == "resume" and path.exists() and not self.partial.exists():
                self._take_up()
            if mode == "resume" and self.partial.exists():
                self._open()
            else:
                remove(self.partial)
                check_space(path, spec)
                self._create()
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error}; {MAKE_ROOM}") from error

    @abstractmethod
    def _create(self) -> None:
        """Create the file at `partial` and fill `data`."""

    @abstractmethod
    def _open(self) -> None:
        """Open what is at `partial` and fill `data`."""

    @abstractmethod
    def _take_up(self) -> None:
        """Turn a finished output, which has damaged tiles, into an unfinished one."""

    @abstractmethod
    def _complete(self) -> Path:
        """Write what is still missing, and return what is to take the final name."""

    def finish(self) -> None:
        """Give the file its final name; an older one of that name is removed."""
        try:
            whole = self._complete()
            sync(whole)
            old = self.path.with_name(self.path.name + ".old")
            if self.path.exists():
                remove(old)
                self.path.rename(old)
            whole.rename(self.path)
            sync(self.path)
            remove(old)
            remove(self.partial)
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error}; {MAKE_ROOM}") from error


def check_space(path: Path, spec: OutputSpec) -> None:
    """Raise `OutputError` if the disk has less room than the output can be hoped to take.

    Labels compress well, to a hundredth at best; probabilities hardly, to a quarter.
    """
    raw = math.prod(spec.shape) * spec.dtype.itemsize
    least = raw // (4 if spec.dtype.kind == "f" else 100)
    free = shutil.disk_usage(path.parent).free
    if free < least:
        raise OutputError(
            f"{path} will take at least {least / 1e9:,.1f} GB, and up to {raw / 1e9:,.1f} GB; its "
            f"disk has {free / 1e9:,.1f} GB left: make room, or write to another disk"
        )


def choose_mode(overwrite: bool, resume: bool = False) -> Mode:
    """Return what to do with an output that is there."""
    if overwrite and resume:
        raise OutputError(
            "an output is either replaced or gone on with: give overwrite or resume, not both"
        )
    return "overwrite" if overwrite else "resume" if resume else "new"


def partial_path(path: Path) -> Path:
    """Where an output grows."""
    return path.with_name(path.name + ".partial")


def journal_path(path: Path) -> Path:
    """Where it stands which blocks of an output are finished, and their checksums."""
    return path.with_name(path.name + ".journal")


def check_free(path: Path, mode: Mode) -> None:
    """Raise `OutputError` if `path` is taken and may not be replaced or gone on with.

    An unfinished output of an earlier run counts too: its tiles are work already done.
    """
    for taken, what, way in (
        (path, "exists already", "give another name"),
        (
            partial_path(path),
            "is left of an unfinished run",
            "go on with it with resume=True (--resume), give another name",
        ),
    ):
        if taken.exists() and mode == "new":
            raise OutputError(
                f"{taken} {what}; {way}, or allow to replace it with overwrite=True (--overwrite)"
            )
        if taken.is_dir() and any(taken.iterdir()) and not is_zarr(taken):
            raise OutputError(
                f"{taken} is a folder with other files in it, not a Zarr that could be replaced: "
                "give another name"
            )


def open_levels(path: Path) -> list[Any]:
    """Open what was written for reading: an array per level, finest first."""
    if path.is_dir():
        from napari_fcnseg.images.zarr_reader import read_levels

        return read_levels(path)
    from napari_fcnseg.images.tiff import TiffArray

    finest = TiffArray(path, 0, 0)
    return [finest, *(TiffArray(path, 0, n) for n in range(1, len(finest.series.levels)))]


def sync(path: Path) -> None:
    """Wait until the disk has a file or folder, and its name."""
    for written in (path, path.parent):
        if written.is_dir() and os.name == "nt":
            continue  # Windows cannot sync a folder
        handle = os.open(written, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        os.remove(path)
