"""A folder or glob of TIFF or PNG slices as one stack; single PNG, JPEG and BMP files."""

import functools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from napari_fcnseg.errors import COPY_AGAIN, AxesError, ImageError
from napari_fcnseg.images.axes import how_to_say
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.tiff import SUFFIXES as TIFF
from napari_fcnseg.images.tiff import open_tiff, tiff_size

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")


def read_picture(path: Path) -> NDArray[Any]:
    """Read a PNG, JPEG or BMP: ``(Y, X)`` or ``(Y, X, C)``, in the type of the file."""
    try:
        with Pillow.open(path) as file:
            picture: Pillow.Image = file
            if file.mode in ("P", "CMYK", "YCbCr"):
                picture = file.convert("RGBA" if "transparency" in file.info else "RGB")
            pixels = np.asarray(picture)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise ImageError(f"{path} cannot be read: {error}; {COPY_AGAIN}") from error
    return pixels.astype(np.uint8) if pixels.dtype == bool else pixels


def open_picture(path: Path, axes: str | None = None, grey: bool | None = None) -> Image:
    """Open one PNG, JPEG or BMP file."""
    pixels = read_picture(path)
    image = Image(pixels, "YX" if pixels.ndim == 2 else "YXC", name=path.stem)
    image = reduce_colour(image, grey)
    return replace(image, axes=axes) if axes else image


class SliceStack:
    """Files of one shape and type, stacked along a new first axis and read when needed."""

    def __init__(self, paths: Sequence[Path], grey: bool | None = None) -> None:
        self.paths, self.grey = tuple(paths), grey
        first = _open_slice(self.paths[0], grey)
        self.slice_axes = first.axes
        self.shape = (len(self.paths), *first.shape)
        self.dtype = first.dtype
        self._slice = functools.lru_cache(maxsize=4)(self._checked_slice)

    def _checked_slice(self, index: int) -> Image:
        found = _open_slice(self.paths[index], self.grey)
        if (found.shape, found.dtype) != (self.shape[1:], self.dtype):
            colour = len(found.shape) != len(self.shape) - 1
            raise ImageError(
                f"{self.paths[index]} is {found.shape} {found.dtype}, but the first slice, "
                f"{self.paths[0].name}, is {self.shape[1:]} {self.dtype}. A stack needs "
                "slices of one shape and type"
                + ("; colour is kept in all with grey=False (--no-grey)" if colour else "")
            )
        return found

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        z, inside = region[0], tuple(region[1:])
        chosen = range(*z.indices(len(self.paths)))
        return np.stack([np.asarray(self._slice(i).data[inside]) for i in chosen])

    def __reduce__(self) -> tuple[Any, ...]:
        return SliceStack, (self.paths, self.grey)


def open_slices(
    paths: Sequence[Path], axes: str | None, name: str, grey: bool | None = None
) -> Image:
    """Open files as one stack, in natural order of their names."""
    readable = [p for p in paths if p.suffix.lower() in TIFF + PICTURES]
    if not readable:
        raise ImageError(
            f"{name} holds no TIFF, PNG, JPEG or BMP files: choose the folder they are in"
        )
    stack = SliceStack(sorted(readable, key=natural), grey)
    if axes is None:
        inside = stack.slice_axes
        raise AxesError(
            f"{name} is {len(readable)} files of {inside} images, from {stack.paths[0].name} to "
            f"{stack.paths[-1].name}: are they slices (Z{inside}) or a time series (T{inside})? "
            f"{how_to_say('Z' + inside)}"
        )
    _check_sizes(stack.paths)
    left_out = len(paths) - len(readable)
    notes = (f"{name}: {left_out} files that are not images were left out",) if left_out else ()
    return Image(stack, axes, name=name, notes=notes)


def _check_sizes(paths: Sequence[Path]) -> None:
    """Compare width and height of all slices, from their headers alone."""
    first = _size(paths[0])
    for path in paths[1:]:
        if (found := _size(path)) != first:
            raise ImageError(
                f"{path} has {found[0]} x {found[1]} pixels, but the first slice, "
                f"{paths[0].name}, has {first[0]} x {first[1]}. A stack needs slices of one size"
            )


def _size(path: Path) -> tuple[int, int]:
    """Height and width in pixels."""
    if path.suffix.lower() in TIFF:
        return tiff_size(path)
    try:
        with Pillow.open(path) as file:
            return file.height, file.width
    except (OSError, UnidentifiedImageError) as error:
        raise ImageError(f"{path} cannot be read: {error}; {COPY_AGAIN}") from error


def _open_slice(path: Path, grey: bool | None) -> Image:
    if path.suffix.lower() in TIFF:
        return open_tiff(path, grey=grey)
    return open_picture(path, grey=grey)


def natural(path: Path) -> list[tuple[int, str]]:
    """Sort key that puts slice 10 behind slice 9."""
    return [(int(t), "") if t.isdigit() else (-1, t) for t in re.split(r"(\d+)", path.name)]
