"""Patches around labelled pixels."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.training.groups import PAINTED, REPLAYED, TAUGHT, Group, Groups
from napari_fcnseg.training.planes import LabelledPlanes, Source
from napari_fcnseg.training.pseudo_labels import PseudoLabels


class PatchSampler:
    """Draws windows around labelled pixels, classes with few labels more often; see `Groups`.

    Parameters
    ----------
    sources
        Annotated images.
    class_ids
        Ids of the model's classes, in the order of its outputs.
    normalisation
        Applied to every window.
    replay
        Share of the windows that are of replayed images.
    pseudo
        Share of the other windows that have pseudo-labels, where there are any.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        class_ids: Sequence[int],
        normalisation: Normalisation,
        replay: float = 0.0,
        pseudo: float = 0.0,
    ) -> None:
        self.sources = list(sources)
        self._normalise = [normalisation.of(source.image) for source in self.sources]
        self._replay, self._pseudo, self._labels = replay, pseudo, PseudoLabels()
        self._index_of = np.full(256, IGNORE, np.int64)
        self._index_of[list(class_ids)] = np.arange(len(class_ids))
        self._planes = LabelledPlanes(self.sources)
        self._group()
        if not self._groups:
            raise AnnotationError(
                "the held-out blocks and the gap around them leave no label to train on: paint "
                "more, or lower the recipe's validation or gap"
            )

    def _group(self) -> None:
        """Put the labelled pixels that may train together, by image and class."""
        found = [(PAINTED, number, positions) for number, _, positions in self.painted()]
        found += [(TAUGHT, *labels) for labels in self._labels.positions]
        usable = (
            Group(
                REPLAYED if self.sources[number].replayed else kind,
                number,
                positions[self.sources[number].split.trains(positions)],
            )
            for kind, number, positions in found
        )
        self._groups = Groups(usable, self._replay, self._pseudo)

    def painted(self) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Yield number of the image, class index and positions of what people painted there."""
        for number, source in enumerate(self.sources):
            for value, positions in source.annotation.index.positions.items():
                class_id = source.annotation.by_value[value].id
                yield number, int(self._index_of[class_id]), positions

    def teach(self, labels: PseudoLabels) -> None:
        """Take pseudo-labels instead of those before."""
        self._labels = labels
        self._group()

    def release(self) -> None:
        """Let held-out labels train."""
        self.sources[:] = [replace(s, split=replace(s.split, held={})) for s in self.sources]
        self._group()

    def repaint(self, number: int, planes: Collection[Plane] | None = None) -> None:
        """Take in labels of source `number` that were painted since; see `Annotation.repainted`.

        Where nothing would be left to train on, in the middle of an undo perhaps, all stays.
        """
        source, before = self.sources[number], self._groups
        self.sources[number] = replace(source, annotation=source.annotation.repainted(planes))
        self._group()
        if self._groups:
            self._planes.forget(number, planes)
        else:
            self.sources[number], self._groups = source, before

    def draw(
        self, count: int, size: Sequence[int], core: Sequence[int], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32] | None]:
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
        borders : ndarray or None
            What border weights add, shape ``(count, *size)``; ``None`` if none are wanted.
        """
        images, targets, borders = [], [], []
        for group, window in self._windows(count, size, core, rng):
            number = group.number
            image, target = self.read_to_train(number, window, taught=group.kind != PAINTED)
            images.append(image.reshape(-1, *size))
            targets.append(target.reshape(size))
            if self.sources[number].borders:
                borders.append(self._read_borders(number, window).reshape(size))
        return np.stack(images), np.stack(targets), np.stack(borders) if borders else None

    def label_shares(
        self, count: int, size: Sequence[int], core: Sequence[int], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Shares of the classes among what people painted in `count` windows, as `draw` draws."""
        counts = np.ones(self._index_of.max() + 1)  # none is 0
        for group, window in self._windows(count, size, core, rng):
            _, target = self.read_to_train(group.number, window)
            counts += np.bincount(target[target != IGNORE], minlength=len(counts))
        shares: NDArray[np.float64] = counts / counts.sum()
        return shares

    def _windows(
        self, count: int, size: Sequence[int], core: Sequence[int], rng: np.random.Generator
    ) -> Iterator[tuple[Group, Spans]]:
        leading, most = -len(size), np.array(core) // 4
        for group, position in self._groups.draw(count, rng):
            jitter = rng.integers(-most, most + 1)
            corner = (position[leading:] - np.array(size) // 2 + jitter).tolist()
            leads = [(p, p + 1) for p in position[:leading].tolist()]
            yield group, (*leads, *((c, c + n) for c, n in zip(corner, size, strict=True)))

    def read_to_train(
        self, number: int, window: Spans, taught: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Read a window as `read` does, but no label that is held out or near to one that is.

        With `taught` pixels that nobody painted have their pseudo-label.
        """
        image, target = self.read(number, window)
        if taught:  # what is painted is always right
            target = np.where(target == IGNORE, self._labels.read(number, window), target)
        target[self.sources[number].split.held_out(window, near=True)] = IGNORE
        return image, target

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
        read = [self._planes.read(number, plane, window[-2:]) for plane in _planes(window)]
        pixels = self._normalise[number](np.stack([p for p, _ in read], axis=1))
        ids = np.stack([i for _, i in read])
        target = np.where(ids == IGNORE, IGNORE, self._index_of[ids])
        return pixels.reshape(-1, *lengths), target.reshape(lengths)

    def _read_borders(self, number: int, window: Spans) -> NDArray[np.float32]:
        read = [self._planes.read_borders(number, plane, window[-2:]) for plane in _planes(window)]
        return np.stack(read)


def _planes(window: Spans) -> Iterator[Plane]:
    return itertools.product(*(range(*span) for span in window[:-2]))
