"""Planes of images that carry labels, kept in memory as long as there is room."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE, Annotation
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.mirror import mirrored
from napari_fcnseg.training.split import Split

CACHE_BYTES = 2**29


@dataclass
class Source:
    """One annotated image, new or replayed.

    ``borders`` has what border weights add to each of its pixels, if wanted.
    """

    image: Image
    annotation: Annotation
    split: Split
    replayed: bool = False
    borders: Image | None = None


class LabelledPlanes:
    """Reads pixels and labels, plane by plane.

    Parameters
    ----------
    sources
        Annotated images.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._kept: dict[tuple[int, Plane], Source] = {}
        self._room = CACHE_BYTES

    def read(
        self, number: int, plane: Plane, rows_and_columns: Spans
    ) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
        """Raw pixels and class ids of one plane; outside the image mirrored and unlabelled."""
        inside = self._mirrored(number, plane)
        source, window = self._place(number, inside, rows_and_columns)
        size = [stop - start for start, stop in rows_and_columns]
        ids = source.annotation.read_ids(window) if inside == plane else np.full(size, IGNORE)
        return source.image.read(window).reshape(-1, *size), ids.reshape(size)

    def read_borders(
        self, number: int, plane: Plane, rows_and_columns: Spans
    ) -> NDArray[np.float32]:
        """Border weights of one plane of a source that has some; outside the image mirrored."""
        source, window = self._place(number, self._mirrored(number, plane), rows_and_columns)
        assert source.borders is not None
        return source.borders.read(window).reshape([b - a for a, b in rows_and_columns])

    def _mirrored(self, number: int, plane: Plane) -> Plane:
        shape = self._sources[number].image.kept_shape
        return tuple(int(mirrored(p, p + 1, n)[0]) for p, n in zip(plane, shape, strict=False))

    def _place(self, number: int, plane: Plane, rows_and_columns: Spans) -> tuple[Source, Spans]:
        """Source and window to read from: a plane that is kept in memory, or the files."""
        source = self._sources[number]
        if (number, plane) not in self._kept:
            at = tuple((p, p + 1) for p in plane)
            if _size(source) > self._room:
                return source, (*at, *rows_and_columns)
            self._room -= _size(source)
            whole = (*at, *((0, n) for n in source.image.kept_shape[-2:]))
            labels = _held(source.annotation.labels, whole)
            self._kept[number, plane] = replace(
                source,
                image=_held(source.image, whole),
                annotation=replace(source.annotation, labels=labels),
                borders=source.borders and _held(source.borders, whole),
            )
        return self._kept[number, plane], rows_and_columns

    def forget(self, number: int, planes: Collection[Plane] | None = None) -> None:
        """Read planes of source `number` anew when they are needed; by default all."""
        for image, plane in list(self._kept):
            if image == number and (planes is None or plane in planes):
                del self._kept[image, plane]
                self._room += _size(self._sources[number])


def _held(image: Image, plane: Spans) -> Image:
    """Read a plane into memory."""
    pixels = image.read(plane)
    return Image(pixels.reshape(len(pixels), *pixels.shape[-2:]), "CYX")


def _size(source: Source) -> int:
    """Bytes of a plane with its labels and border weights."""
    height, width = source.image.kept_shape[-2:]
    pixel = source.image.channels * source.image.dtype.itemsize + 8 + 4 * bool(source.borders)
    return height * width * pixel
