"""Patches around labelled pixels."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE, Annotation
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.mirror import mirrored
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.training.split import Split

CACHE_BYTES = 2**29  # planes that carry labels stay in memory up to this much


@dataclass
class Source:
    """One annotated image."""

    image: Image
    annotation: Annotation
    split: Split


class PatchSampler:
    """Draws windows around labelled pixels, classes with few labels more often.

    Parameters
    ----------
    sources
        Annotated images.
    class_ids
        Ids of the model's classes, in the order of its outputs.
    normalisation
        Applied to every window.
    """

    def __init__(
        self, sources: Sequence[Source], class_ids: Sequence[int], normalisation: Normalisation
    ) -> None:
        self.sources, self.normalisation = sources, normalisation
        self._index_of = np.full(256, IGNORE, np.int64)
        self._index_of[list(class_ids)] = np.arange(len(class_ids))
        self._planes: dict[tuple[int, Spans], tuple[Image, Annotation]] = {}
        self._room = CACHE_BYTES
        self._groups: list[tuple[int, NDArray[np.int64]]] = []
        weights = []
        for number, source in enumerate(sources):
            for value, positions in source.annotation.index.positions.items():
                usable = positions[source.split.trains(positions)]
                if len(usable):
                    self._groups.append((number, usable))
                    share = len(usable) / len(positions)
                    weights.append(np.sqrt(source.annotation.index.counts[value] * share))
        if not self._groups:
            raise AnnotationError(
                "the held-out blocks and the gap around them leave no label to train on: paint "
                "more, or lower the recipe's validation or gap"
            )
        self._weights = np.asarray(weights) / np.sum(weights)

    def draw(
        self, count: int, size: Sequence[int], core: Sequence[int], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Draw `count` windows around labelled pixels.

        Parameters
        ----------
        count
            How many.
        size
            Of a window, ``(Y, X)`` or ``(Z, Y, X)``.
        core
            Middle of the window that is learned; in the middle half of it is the pixel.
        rng
            Draws pixels and their places in the windows.

        Returns
        -------
        images : ndarray
            Shape ``(count, channels, *size)``, normalised, mirrored at the border.
        targets : ndarray
            Class indices, shape ``(count, *size)``; -1 where unlabelled, held out or
            outside the image.
        """
        leading, most = -len(size), np.array(core) // 4
        images, targets = [], []
        for group in rng.choice(len(self._groups), size=count, p=self._weights):
            number, positions = self._groups[group]
            position = positions[rng.integers(len(positions))]
            jitter = rng.integers(-most, most + 1)
            corner = (position[leading:] - np.array(size) // 2 + jitter).tolist()
            window = [(p, p + 1) for p in position[:leading].tolist()]
            window += [(c, c + n) for c, n in zip(corner, size, strict=True)]
            image, target = self.read(number, tuple(window))
            split = self.sources[number].split
            target[split.held_out(window, split.gap).reshape(target.shape)] = IGNORE
            images.append(image.reshape(-1, *size))
            targets.append(target.reshape(size))
        return np.stack(images), np.stack(targets)

    def read(self, number: int, window: Spans) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Read a window of source `number`, along the kept axes.

        Returns
        -------
        image : ndarray
            Shape ``(channels, *lengths)``, normalised.
        target : ndarray
            Class indices, shape ``lengths``; -1 where unlabelled or outside the image.
        """
        lengths = [stop - start for start, stop in window]
        planes = itertools.product(*(range(*span) for span in window[:-2]))
        read = [self._read_plane(number, plane, window[-2:]) for plane in planes]
        pixels = self.normalisation(np.stack([p for p, _ in read], axis=1))
        ids = np.stack([i for _, i in read])
        target = np.where(ids == IGNORE, IGNORE, self._index_of[ids])
        return pixels.reshape(-1, *lengths), target.reshape(lengths)

    def _read_plane(
        self, number: int, plane: tuple[int, ...], rows_and_columns: Spans
    ) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
        """Raw pixels and class ids of one plane; outside the image mirrored and unlabelled."""
        shape = self.sources[number].image.kept_shape
        inside = tuple(int(mirrored(p, p + 1, n)[0]) for p, n in zip(plane, shape, strict=False))
        window = (*((p, p + 1) for p in inside), *rows_and_columns)
        image, annotation, window = self._kept_in_memory(number, window)
        size = [stop - start for start, stop in rows_and_columns]
        ids = annotation.read_ids(window) if inside == plane else np.full(size, IGNORE, np.int64)
        return image.read(window).reshape(-1, *size), ids.reshape(size)

    def _kept_in_memory(self, number: int, window: Spans) -> tuple[Image, Annotation, Spans]:
        """Image, annotation and window to read from: a plane kept in memory, or the source."""
        source = self.sources[number]
        plane = window[:-2]
        if (number, plane) not in self._planes:
            height, width = source.image.kept_shape[-2:]
            pixel = source.image.channels * source.image.dtype.itemsize + 8
            if height * width * pixel > self._room:
                return source.image, source.annotation, window
            self._room -= height * width * pixel
            whole = (*plane, (0, height), (0, width))
            pixels = source.image.read(whole).reshape(-1, height, width)
            labels = source.annotation.labels.read(whole).reshape(height, width)
            self._planes[number, plane] = (
                Image(pixels, "CYX"),
                replace(source.annotation, labels=Image(labels, "YX")),
            )
        return *self._planes[number, plane], window[-2:]
