"""Components of an image, labelled into a scratch array that is as large as the image."""

import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event
from napari_fcnseg.images.grid import Grid, Spans, widen
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.components import IDS, Components, PartLabeller, Read

EDGE, DEPTH = 512, 16  # pixels of a block along Y and X, and along Z where objects cross slices


@dataclass(frozen=True)
class Blocks:
    """In which blocks an image is read, and along which of its axes pixels are connected."""

    grid: Grid
    along: tuple[bool, ...]

    @classmethod
    def of(cls, image: Image, across: str) -> "Blocks":
        """Blocks over the kept axes; pixels are connected `across` those named, never T.

        Raises
        ------
        ImageError
            If it names no axis of the image.
        """
        along = tuple(a in across and a != "T" for a in image.kept)
        if not any(along):
            raise ImageError(
                f"across = {across!r} names no axis of {image.name}, which has {image.kept}"
            )
        lengths = {"Y": EDGE, "X": EDGE, "Z": DEPTH if "Z" in across else 1}
        return cls(Grid(image.kept_shape, tuple(lengths.get(a, 1) for a in image.kept)), along)

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.along)

    def around(self, spans: Spans, margin: int) -> Spans:
        """Widen a block by a margin along the connected axes, as far as the image goes."""
        return widen(spans, self.grid.shape, [margin * across for across in self.along])


@contextmanager
def scratch(path: Path | None, blocks: Blocks) -> Iterator[Any]:
    """Array for the numbers of parts: in a folder beside `path`, or in memory."""
    if path is None:
        yield np.zeros(blocks.grid.shape, IDS)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f".{path.name}.parts", dir=path.parent)
    try:
        yield zarr.create_array(
            folder, shape=blocks.grid.shape, chunks=blocks.grid.steps, dtype=IDS
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def label_parts(
    read: Read, parts: Any, blocks: Blocks, diagonal: bool, task: str, total: int
) -> Generator[Event, None, Components]:
    """Label the parts of all blocks, the first of `total` of a task; return the components."""
    labeller = PartLabeller(read, parts, blocks.grid.shape, blocks.along, diagonal)
    for number, spans in enumerate(blocks.grid, 1):
        labeller.add(spans)
        yield BlockDone(task, number, total)
    return labeller.components()


def region(spans: Sequence[tuple[int, int]]) -> tuple[slice, ...]:
    """Spans as slices."""
    return tuple(slice(*span) for span in spans)


def read_parts(parts: Any, spans: Spans) -> NDArray[np.int64]:
    """Numbers of parts in a window."""
    found: NDArray[np.int64] = np.asarray(parts[region(spans)]).astype(np.int64)
    return found
