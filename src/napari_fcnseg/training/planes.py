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
    """One annotated image, new or replayed."""

    image: Image
    annotation: Annotation
    split: Split
    replayed: bool = False


class LabelledPlanes:
    """Reads pixels and labels, plane by plane.

    Parameters
    ----------
    sources
        Annotated images.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._kept: dict[tuple[int, Spans], tuple[Image, Annotation]] = {}
        self._room = CACHE_BYTES

    def read(
        self, number: int, plane: Plane, rows_and_columns: Spans
    ) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
        """Raw pixels and class ids of one plane; outside the image mirrored and unlabelled."""
        shape = self._sources[number].image.kept_shape
        inside = tuple(int(mirrored(p, p + 1, n)[0]) for p, n in zip(plane, shape, strict=False))
        window = (*((p, p + 1) for p in inside), *rows_and_columns)
        image, annotation, window = self._place(number, window)
        size = [stop - start for start, stop in rows_and_columns]
        ids = annotation.read_ids(window) if inside == plane else np.full(size, IGNORE, np.int64)
        return image.read(window).reshape(-1, *size), ids.reshape(size)

    def _place(self, number: int, window: Spans) -> tuple[Image, Annotation, Spans]:
        """Image, annotation and window to read from: a plane kept in memory, or the source."""
        source = self._sources[number]
        plane = window[:-2]
        if (number, plane) not in self._kept:
            height, width = source.image.kept_shape[-2:]
            if _size(source.image) > self._room:
                return source.image, source.annotation, window
            self._room -= _size(source.image)
            whole = (*plane, (0, height), (0, width))
            pixels = source.image.read(whole).reshape(-1, height, width)
            labels = source.annotation.labels.read(whole).reshape(height, width)
            self._kept[number, plane] = (
                Image(pixels, "CYX"),
                replace(source.annotation, labels=Image(labels, "YX")),
            )
        return *self._kept[number, plane], window[-2:]

    def forget(self, number: int, planes: Collection[Plane] | None = None) -> None:
        """Read planes of source `number` anew when they are needed; by default all."""
        for image, spans in list(self._kept):
            if image == number and (planes is None or tuple(a for a, _ in spans) in planes):
                del self._kept[image, spans]
                self._room += _size(self._sources[number].image)


def _size(image: Image) -> int:
    """Bytes of a plane with its labels."""
    height, width = image.kept_shape[-2:]
    return height * width * (image.channels * image.dtype.itemsize + 8)
