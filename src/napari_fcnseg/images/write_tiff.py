"""OME-TIFF: tiled, compressed, with a pyramid; made of an OME-Zarr when that is whole."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Grid
from napari_fcnseg.images.output import open_levels, remove
from napari_fcnseg.images.write_zarr import OmeZarrOutput

SYMBOLS = {
    "angstrom": "Å",
    "nanometer": "nm",
    "micrometer": "µm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "millisecond": "ms",
    "second": "s",
    "minute": "min",
    "hour": "h",
}
CLASSIC_LIMIT = 2**31  # bytes; larger files are BigTIFF
EDGE = 512  # of a tile
DAMAGED = (OSError, ValueError, RuntimeError, tifffile.TiffFileError)


class OmeTiffOutput(OmeZarrOutput):
    """An OME-TIFF with axes and pixel size; BigTIFF where it needs to be.

    Tiles of a TIFF are compressed one behind the other. So it grows as an OME-Zarr, in any
    order and interruptible, and becomes a TIFF at its end.
    """

    def _take_up(self) -> None:
        """Put what can be read of the TIFF into a growing output again."""
        self._create()
        for level, found in zip(self.data, open_levels(self.path), strict=True):
            for spans in Grid(level.shape, level.chunks):
                part = tuple(slice(*span) for span in spans)
                with suppress(*DAMAGED):  # stays empty, and is not in the journal any more
                    level[part] = found[part]
        self.path.rename(self.path.with_name(self.path.name + ".old"))

    def _complete(self) -> Path:
        """Write the TIFF, plane by plane."""
        whole = self.path.with_name(self.path.name + ".whole")
        finest, *coarser = self.data
        large = finest.nbytes > CLASSIC_LIMIT
        try:
            with tifffile.TiffWriter(whole, bigtiff=large, ome=True) as file:
                self._write_level(file, finest, subifds=len(coarser), metadata=self._metadata())
                for level in coarser:
                    self._write_level(file, level, subfiletype=1, metadata=None)
        except BaseException:
            remove(whole)
            raise
        return whole

    def _write_level(self, file: tifffile.TiffWriter, level: Any, **options: Any) -> None:
        edges = tuple(min(EDGE, -(-n // 16) * 16) for n in level.shape[-2:])
        file.write(
            _tiles(level, edges),
            shape=level.shape,
            dtype=level.dtype,
            tile=edges,
            compression="zlib",
            predictor=level.dtype.kind == "f",
            photometric="minisblack",
            **options,
        )

    def _metadata(self) -> dict[str, Any]:
        spec = self.spec
        # Not the time's: a run that was cut off and gone on with writes the same bytes.
        unique = uuid5(NAMESPACE_URL, f"napari-fcnseg:{spec}")
        metadata: dict[str, Any] = {
            "axes": spec.axes,
            "Name": spec.name,
            "UUID": f"urn:uuid:{unique}",
        }
        for a, size, unit in zip(spec.axes, spec.scale, spec.units, strict=True):
            if unit in SYMBOLS:
                key = "TimeIncrement" if a == "T" else f"PhysicalSize{a}"
                metadata |= {key: size, f"{key}Unit": SYMBOLS[unit]}
        return metadata


def _tiles(level: Any, edges: tuple[int, int]) -> Iterator[NDArray[Any]]:
    """Tiles of all planes, row by row; a row of tiles is read at a time."""
    height, width = level.shape[-2:]
    high, wide = edges
    for at, top in product(np.ndindex(level.shape[:-2]), range(0, height, high)):
        row = level[(*at, slice(top, top + high))]
        for left in range(0, width, wide):
            tile = row[:, left : left + wide]
            missing = [(0, edge - n) for edge, n in zip(edges, tile.shape, strict=True)]
            yield np.pad(tile, missing)
