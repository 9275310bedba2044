"""TIFF in all its everyday forms, through tifffile."""

import logging
import math
import weakref
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile
import zarr

from napari_fcnseg.errors import COPY_AGAIN, ImageError
from napari_fcnseg.images.axes import KNOWN, ambiguous, check_axes
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.units import unit_name

SUFFIXES = (".tif", ".tiff", ".btf", ".tf8", ".lsm", ".svs", ".ndpi", ".qptiff")
SMALL_PAGE = 2**24  # pages up to 16 MB are decoded whole, larger ones strip by strip
DAMAGE = (
    "invalid page offset",
    "failed to reshape",
    "corrupted",
    "invalid offset",
    "truncated",
)


class TiffArray:
    """One series of a TIFF, read region by region; the file closes with the object."""

    def __init__(self, path: Path, series: int = 0, level: int = 0) -> None:
        self.path, self._which = path, (series, level)
        with _Complaints() as complaints:
            self.tiff = tifffile.TiffFile(path)
            weakref.finalize(self, self.tiff.close)
            self.series = self._choose(series, level)
        if complaints.damage:
            raise ImageError(f"{path} is truncated or damaged: {complaints.damage}; {COPY_AGAIN}")
        page = self.series.keyframe
        self.shape: tuple[int, ...] = self.series.shape
        self.ndim = len(self.shape)
        self.dtype = np.dtype(self.series.dtype)
        full = self.tiff.series[series].shape
        self.shrink = tuple(n / m for n, m in zip(full, self.shape, strict=True))
        if self.series.dataoffset is not None and not page.is_tiled:
            stored = self.dtype.newbyteorder(self.tiff.byteorder)
            self._pixels: Any = np.memmap(path, stored, "r", self.series.dataoffset, self.shape)
        else:
            whole = not page.is_tiled and page.nbytes <= SMALL_PAGE
            chunks = "page" if whole else None
            store = self.tiff.series[series].aszarr(level=level, chunkmode=chunks)
            self._pixels = zarr.open_array(store, mode="r")

    def _choose(self, series: int, level: int) -> tifffile.TiffPageSeries:
        found = self.tiff.series
        if not 0 <= series < len(found):
            raise ImageError(
                f"{self.path} has {len(found)} series; series {series} is not there: give one from "
                f"0 to {len(found) - 1}"
            )
        levels = found[series].levels
        if not 0 <= level < len(levels):
            raise ImageError(
                f"{self.path} has {len(levels)} levels; level {level} is not there: give one from "
                f"0 to {len(levels) - 1}"
            )
        return levels[level]

    def __getitem__(self, region: Any) -> np.ndarray[Any, Any]:
        return np.asarray(self._pixels[region])

    def __reduce__(self) -> tuple[Any, ...]:
        return TiffArray, (self.path, *self._which)


def open_tiff(
    path: Path,
    axes: str | None = None,
    level: int = 0,
    series: int = 0,
    grey: bool | None = None,
) -> Image:
    """Open a TIFF: stripped, tiled, multi-page, BigTIFF, ImageJ hyperstack or OME-TIFF."""
    try:
        data = TiffArray(path, series, level)
    except ImageError:
        raise
    except Exception as error:  # tifffile raises many kinds for damaged files
        raise ImageError(f"{path} cannot be read as TIFF: {error}; {COPY_AGAIN}") from error
    found = data.series.axes.replace("S", "C")
    notes = []
    if len(data.tiff.series) > 1:
        shapes = "; ".join("x".join(map(str, s.shape)) for s in data.tiff.series[:5])
        notes.append(
            f"{path.name} holds {len(data.tiff.series)} series ({shapes}): series {series} is read"
        )
    if axes is None:
        if len(data.shape) == 2:
            axes = "YX"
        elif set(found) <= set(KNOWN) and len(set(found)) == len(found):
            axes = found
        else:
            raise ambiguous(data.shape, str(path), data.series.axes)
    axes = check_axes(axes, data.shape, path.name)
    scale, units = _pixel_size(data, axes)
    image = Image(data, axes, scale, units, path.name.split(".")[0], tuple(notes))
    page = data.series.keyframe
    colour = page.photometric == tifffile.PHOTOMETRIC.RGB or len(page.extrasamples) == 1
    return reduce_colour(image, grey) if colour else image


def tiff_size(path: Path) -> tuple[int, int]:
    """Height and width of the first page of a TIFF, from its header."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            return int(page.imagelength), int(page.imagewidth)
    except Exception as error:  # tifffile raises many kinds for damaged files
        raise ImageError(f"{path} cannot be read as TIFF: {error}; {COPY_AGAIN}") from error


def _pixel_size(data: TiffArray, axes: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Pixel size from OME-XML or ImageJ's tags; plain TIFF resolution means print size."""
    tiff, size = data.tiff, dict[str, tuple[float, str]]()
    if tiff.is_ome and tiff.ome_metadata:
        root = ElementTree.fromstring(tiff.ome_metadata)
        pixels = next((e.attrib for e in root.iter() if e.tag.endswith("}Pixels")), {})
        for a in "XYZ":
            if value := pixels.get(f"PhysicalSize{a}"):
                size[a] = float(value), unit_name(pixels.get(f"PhysicalSize{a}Unit", "µm"))
        if value := pixels.get("TimeIncrement"):
            size["T"] = float(value), unit_name(pixels.get("TimeIncrementUnit", "s"))
    elif tiff.is_imagej and (meta := tiff.imagej_metadata):
        unit = unit_name(str(meta.get("unit", "")))
        if unit != "pixel":
            tags = tiff.pages.first.tags
            for a in "XY":
                if (tag := tags.get(f"{a}Resolution")) and tag.value[0]:
                    size[a] = tag.value[1] / tag.value[0], unit
            if "spacing" in meta:
                size["Z"] = abs(float(meta["spacing"])), unit
        if meta.get("finterval"):
            size["T"] = float(meta["finterval"]), "second"
    good = {a: s for a, s in size.items() if math.isfinite(s[0]) and s[0] > 0}
    scale = (
        good[a][0] * shrink if a in good else 1.0
        for a, shrink in zip(axes, data.shrink, strict=True)
    )
    return tuple(scale), tuple(good[a][1] if a in good else "pixel" for a in axes)


class _Complaints(logging.Handler):
    """Collects what tifffile logs: it logs damage and goes on with what is left."""

    def __enter__(self) -> "_Complaints":
        self.damage = ""
        self.logger = logging.getLogger("tifffile")
        self.logger.addHandler(self)
        self.propagated, self.logger.propagate = self.logger.propagate, False
        return self

    def __exit__(self, *_: object) -> None:
        self.logger.removeHandler(self)
        self.logger.propagate = self.propagated

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not self.damage and any(sign in message for sign in DAMAGE):
            self.damage = message
