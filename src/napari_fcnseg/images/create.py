"""Which kind of file an output is, by its name, and whether it may be written there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.ngff import image_of
from napari_fcnseg.images.output import (
    FileOutput,
    Mode,
    OutputSpec,
    check_free,
    choose_mode,
    remove,
)

ZARR, TIFF = (".zarr",), (".tif", ".tiff")


def check_output(path: Path, source: Path | None, mode: Mode) -> None:
    """Raise `OutputError` if a path is of no kind that can be written, taken, or the source."""
    if not image_of(path) and path.suffix.lower() not in ZARR + TIFF:
        raise OutputError(
            f"{path} is of no kind that can be written; give a name that ends in .ome.zarr or "
            ".ome.tif"
        )
    place = path.resolve()
    if source and (place == source or place in source.parents):
        raise OutputError(f"{path} is where the image itself is; give the output another name")
    check_free(path, mode)


def create_output(path: Path, spec: OutputSpec, mode: Mode) -> FileOutput:
    """Create an OME-Zarr or an OME-TIFF, or open what there is of it."""
    if image_of(path) or path.suffix.lower() in ZARR:
        from napari_fcnseg.images.write_zarr import OmeZarrOutput

        return OmeZarrOutput(path, spec, mode)
    from napari_fcnseg.images.write_tiff import OmeTiffOutput

    return OmeTiffOutput(path, spec, mode)


class Sink:
    """Where labels of an image go, block by block: a file, or an array in memory.

    To be used in a ``with`` statement, at whose end a file is whole or gone.

    Parameters
    ----------
    path
        Of the file; ``None`` for an array.
    image
        What is labelled: axes, shape and pixel size are its own.
    steps
        Shape of the blocks.
    dtype
        Of the labels.
    image_label
        ``image-label`` metadata of NGFF.
    made
        Plain data on how they were made.
    overwrite
        Whether a file that is there may be replaced.

    Attributes
    ----------
    array
        The labels, if they are in memory.
    """

    def __init__(
        self,
        path: Path | None,
        image: Image,
        steps: tuple[int, ...],
        dtype: np.dtype[Any],
        image_label: Mapping[str, Any],
        made: Mapping[str, Any],
        overwrite: bool,
    ) -> None:
        self.array: NDArray[Any] | None = None
        self._output: FileOutput | None = None
        if path is None:
            self.array = np.zeros(image.kept_shape, dtype)
            return
        scale, units = image.along(image.kept)
        spec = OutputSpec(
            axes=image.kept,
            shape=image.kept_shape,
            dtype=dtype,
            block=steps,
            scale=scale,
            units=units,
            origin=(0,) * len(steps),
            name=f"{image.name} {made['kind']}",
            image_label=dict(image_label) or {"colors": [], "properties": []},
            provenance=dict(made),
        )
        self._output = create_output(path, spec, choose_mode(overwrite))

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write a block."""
        if self.array is not None:
            self.array[tuple(slice(*span) for span in spans)] = block
        elif self._output:
            self._output.write(spans, block.astype(self._output.spec.dtype))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, *_: object) -> None:
        """Give a file its name; or remove it, if its making was broken off."""
        if self._output and kind is None:
            self._output.finish()
        elif self._output:
            remove(self._output.partial)
            if isinstance(error, OSError):  # of the disk; a reader's own are ImageErrors
                raise OutputError(
                    f"cannot write {self._output.path}: {error}; {MAKE_ROOM}"
                ) from error
