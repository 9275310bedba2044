"""Where one prediction goes, and in which order of axes."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import ngff_label
from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import ArrayOutput, Mode, Output, OutputSpec, check_free
from napari_fcnseg.inference.plan import Plan, Tile
from napari_fcnseg.inference.runner import Kind
from napari_fcnseg.models.model import Model

ZARR, TIFF = (".zarr",), (".tif", ".tiff")


class Target:
    """An array or a path that takes labels or probabilities.

    Labels have the kept axes of the image. Probabilities have a class axis as well: the
    first one of an array; in a file it is C, which NGFF wants behind T.
    """

    def __init__(self, out: Any, model: Model, image: Image, tiles: Plan, kind: Kind) -> None:
        self.path = Path(out) if isinstance(out, str | Path) else None
        self._array = None if self.path else out
        self._source = image.path
        axes, self._class_axis = tiles.axes, None
        shape, core = list(tiles.shape), list(tiles.core)
        if kind == "probabilities":
            self._class_axis = 1 if self.path and axes[0] == "T" else 0
            axes = axes[: self._class_axis] + "C" + axes[self._class_axis :]
            shape.insert(self._class_axis, len(model.classes))
            core.insert(self._class_axis, len(model.classes))
        origin = [start for start, _ in tiles.region]
        sizes, names = image.along(tiles.axes)
        scale, units = list(sizes), list(names)
        if self._class_axis is not None:
            origin.insert(self._class_axis, 0)
            scale.insert(self._class_axis, 1.0)
            units.insert(self._class_axis, "pixel")
        self.spec = OutputSpec(
            axes=axes,
            shape=tuple(shape),
            dtype=np.dtype(np.float32 if kind == "probabilities" else np.uint8),
            block=tuple(core),
            scale=tuple(scale),
            units=tuple(units),
            origin=tuple(origin),
            name=f"{image.name} {kind}",
            image_label=ngff_label(model.classes) if kind == "labels" else None,
            provenance={
                "version": version("napari-fcnseg"),
                "model": model.name,
                "image": image.name,
                "kind": kind,
                "classes": [{"id": c.id, "name": c.name} for c in model.classes],
            },
        )

    def __str__(self) -> str:
        return str(self.path or "the output array")

    def check(self, mode: Mode) -> None:
        """Raise `OutputError` if the output is of no known kind or taken."""
        if self.path:
            if self.path.suffix.lower() not in ZARR + TIFF:
                raise OutputError(
                    f"{self.path} is of no kind that can be written; give a name that ends in "
                    ".ome.zarr or .ome.tif"
                )
            place = self.path.resolve()
            if self._source and (place == self._source or place in self._source.parents):
                raise OutputError(
                    f"{self.path} is where the image itself is; give the output another name"
                )
            check_free(self.path, mode)

    def open(self, mode: Mode) -> Output:
        """Create the output, or open what there is of it."""
        if self.path is None:
            return ArrayOutput(self._array, self.spec.shape)
        if self.path.suffix.lower() in ZARR:
            from napari_fcnseg.images.write_zarr import OmeZarrOutput

            return OmeZarrOutput(self.path, self.spec, mode)
        from napari_fcnseg.images.write_tiff import OmeTiffOutput

        return OmeTiffOutput(self.path, self.spec, mode)

    def spans(self, tile: Tile) -> Spans:
        """Core of a tile along the output's axes, all classes included."""
        if self._class_axis is None:
            return tile.out
        classes = (0, self.spec.shape[self._class_axis])
        return (*tile.out[: self._class_axis], classes, *tile.out[self._class_axis :])

    def arrange(self, block: NDArray[Any]) -> NDArray[Any]:
        """Put the class axis of a runner's block in its place."""
        return block if self._class_axis is None else np.moveaxis(block, 0, self._class_axis)
