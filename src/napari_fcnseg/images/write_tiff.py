"""OME-TIFF, written in place through a memory map."""

from typing import Any

import tifffile
from numpy.typing import NDArray

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.output import FileOutput

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


class OmeTiffOutput(FileOutput):
    """An uncompressed OME-TIFF with axes and pixel size; BigTIFF where it needs to be."""

    def _create(self) -> None:
        spec = self.spec
        metadata: dict[str, Any] = {"axes": spec.axes, "Name": spec.name}
        for a, size, unit in zip(spec.axes, spec.scale, spec.units, strict=True):
            if unit in SYMBOLS:
                key = "TimeIncrement" if a == "T" else f"PhysicalSize{a}"
                metadata |= {key: size, f"{key}Unit": SYMBOLS[unit]}
        nbytes = spec.dtype.itemsize
        for n in spec.shape:
            nbytes *= n
        pixels = tifffile.memmap(
            self.partial,
            shape=spec.shape,
            dtype=spec.dtype,
            ome=True,
            bigtiff=nbytes > CLASSIC_LIMIT,
            photometric="minisblack",
            metadata=metadata,
        )
        self.data = [pixels]

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Write into the memory map."""
        self.data[0][tuple(slice(*span) for span in spans)] = block

    def _close(self) -> None:
        try:
            self.data[0].flush()
        except OSError as error:
            raise OutputError(f"cannot write {self.partial}: {error}") from error
