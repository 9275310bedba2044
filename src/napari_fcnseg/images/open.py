"""Open an image, whatever it is stored in."""

import glob
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_fcnseg.errors import COPY_AGAIN, ImageError
from napari_fcnseg.images.axes import ambiguous
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.slices import PICTURES, open_picture, open_slices
from napari_fcnseg.images.tiff import SUFFIXES as TIFF
from napari_fcnseg.images.tiff import open_tiff
from napari_fcnseg.images.zarr_reader import array_axes, is_zarr, open_zarr

BLOCK = 2048


def open_image(
    source: Any,
    *,
    axes: str | None = None,
    level: int = 0,
    series: int = 0,
    grey: bool | None = None,
    name: str | None = None,
) -> Image:
    """Open an image lazily: pixels are read when they are needed.

    Parameters
    ----------
    source
        A path (TIFF, PNG, JPEG, BMP, Zarr array, OME-Zarr), a folder or glob of TIFF or
        PNG slices, an array (numpy, dask, Zarr), or an `Image`.
    axes
        Letters of ``TCZYX`` in the order of the array. Needed where neither the file nor
        the number of dimensions says it; stated axes go before those of the file.
    level
        Resolution level of a pyramid, 0 the finest.
    series
        Which series of a TIFF that holds several.
    grey
        Of files: ``None``: RGB(A) or LA whose channels are equal is read as one channel,
        and ``Image.notes`` says so. ``True``: read one channel, fail where others differ.
        ``False``: keep the channels.
    name
        Name for layers and messages; by default of the file.

    Returns
    -------
    Image

    Raises
    ------
    ImageError
        If it is not there, empty, damaged, not an image, or has no finite pixel.
    AxesError
        If the axes are ambiguous; the message lists the readings.
    """
    if isinstance(source, Image):
        image = replace(source, axes=axes) if axes else source
    elif isinstance(source, str | Path):
        image = _open_path(Path(source), axes, level, series, grey)
        image = replace(image, path=Path(source).resolve())
    elif all(hasattr(source, a) for a in ("shape", "dtype", "__getitem__")):
        image = _open_array(source, axes)
    else:
        raise ImageError(
            f"cannot open a {type(source).__name__} as an image; give a path or an array"
        )
    _check_finite(image)
    return replace(image, name=name) if name else image


def _open_path(path: Path, axes: str | None, level: int, series: int, grey: bool | None) -> Image:
    if glob.has_magic(str(path)) and not path.exists():
        files = [Path(p) for p in glob.glob(str(path))]
        return open_slices(files, axes, path.name, grey)
    if not path.exists():
        raise ImageError(
            f"{path} does not exist: give the path of an image, or a pattern in quotes"
        )
    if path.is_dir():
        if is_zarr(path):
            return open_zarr(path, axes, level)
        files = [p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")]
        return open_slices(files, axes, path.resolve().name, grey)
    if path.stat().st_size == 0:
        raise ImageError(f"{path} is an empty file; {COPY_AGAIN}")
    if path.suffix.lower() in TIFF:
        return open_tiff(path, axes, level, series, grey)
    if path.suffix.lower() in PICTURES:
        return open_picture(path, axes, grey)
    raise ImageError(
        f"{path} is of no known kind; known are {', '.join(TIFF + PICTURES)}, Zarr and "
        "folders of slices. Convert it to OME-TIFF or OME-Zarr"
    )


def _open_array(array: Any, axes: str | None) -> Image:
    if axes is None:
        if hasattr(array, "metadata") and hasattr(array, "attrs"):
            axes = array_axes(array, "the Zarr array")
        elif len(array.shape) == 2:
            axes = "YX"
        else:
            raise ambiguous(array.shape, "the array")
    return Image(array, axes)


def _check_finite(image: Image) -> None:
    """Refuse a float image without a single finite pixel; stop at the first one found."""
    if image.dtype.kind != "f":
        return
    if not any(np.isfinite(image.read(window)).any() for window in image.blocks(BLOCK)):
        raise ImageError(f"{image.name} has no finite pixel: all are NaN or infinite")
