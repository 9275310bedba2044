"""Where one prediction goes, and in which order of axes."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass, ngff_label
from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.create import check_output, create_output
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.ngff import check_ngff, image_of, image_version
from napari_fcnseg.images.output import ArrayOutput, Mode, Output, OutputSpec
from napari_fcnseg.inference.encode import DTYPES, check_kind, leading
from napari_fcnseg.inference.plan import Plan, Tile


class Target:
    """An array or a path that takes labels or probabilities.

    Labels have the kept axes of the image. Probabilities have a class axis as well: the
    first one of an array; in a file it is C, which NGFF wants behind T.

    Parameters
    ----------
    out
        An array or a path.
    kind
        What it takes; see `encode`.
    classes, image, tiles
        Of the prediction.
    made
        Plain data on how it is made, for its metadata.
    ngff
        Version of OME-Zarr; labels inside of an image have its version.
    """

    def __init__(
        self,
        out: Any,
        kind: str,
        classes: Sequence[SegClass],
        image: Image,
        tiles: Plan,
        made: Mapping[str, Any],
        ngff: str = "0.5",
    ) -> None:
        check_kind(kind)
        check_ngff(ngff)
        self.kind = kind
        self.path = Path(out) if isinstance(out, str | Path) else None
        self._array = None if self.path else out
        self._source = image.path
        self._inside = image_of(self.path) if self.path else None
        axes, self._class_axis = tiles.axes, None
        shape, core = list(tiles.shape), list(tiles.core)
        if more := leading(kind, len(classes)):
            self._class_axis = 1 if self.path and axes[0] == "T" else 0
            axes = axes[: self._class_axis] + "C" + axes[self._class_axis :]
            shape.insert(self._class_axis, *more)
            core.insert(self._class_axis, *more)
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
            dtype=DTYPES[kind],
            block=tuple(core),
            scale=tuple(scale),
            units=tuple(units),
            origin=tuple(origin),
            name=f"{image.name} {kind}",
            ngff=image_version(self._inside) if self._inside else ngff,
            image_label=ngff_label(classes) if kind == "labels" else None,
            provenance={
                "version": version("napari-fcnseg"),
                "image": image.name,
                "kind": kind,
                "classes": [{"id": c.id, "name": c.name} for c in classes],
                **made,
            },
        )

    def __str__(self) -> str:
        return str(self.path or "the output array")

    def check(self, mode: Mode) -> None:
        """Raise `OutputError` if the output is of no known kind or taken."""
        if self.path:
            if self._inside and self.kind != "labels":
                raise OutputError(
                    f"{self.path} is among the labels of {self._inside}: {self.kind} is none of "
                    "them, give another place"
                )
            check_output(self.path, self._source, mode)

    def open(self, mode: Mode) -> Output:
        """Create the output, or open what there is of it."""
        if self.path is None:
            return ArrayOutput(self._array, self.spec)
        return create_output(self.path, self.spec, mode)

    def empty(self, core: Sequence[int]) -> NDArray[Any]:
        """Return zeros in the shape that a runner would give for a core."""
        leading = () if self._class_axis is None else (self.spec.shape[self._class_axis],)
        return np.zeros((*leading, *core), self.spec.dtype)

    def spans(self, tile: Tile) -> Spans:
        """Core of a tile along the output's axes, all classes included."""
        if self._class_axis is None:
            return tile.out
        classes = (0, self.spec.shape[self._class_axis])
        return (*tile.out[: self._class_axis], classes, *tile.out[self._class_axis :])

    def arrange(self, block: NDArray[Any]) -> NDArray[Any]:
        """Put the class axis of a runner's block in its place."""
        return block if self._class_axis is None else np.moveaxis(block, 0, self._class_axis)
