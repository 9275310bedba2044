"""Classes of a segmentation and of its truth, as indices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.annotations.classes import MAX_ID, Classes, SegClass
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.annotations.value_names import Unpainted, ValueNames
from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.pair import EDGE, Pair
from napari_fcnseg.images.full_scale import full_scale
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

IDS = (
    "the {} {} holds {} at {}, but class ids go from 0 to 255. If each object has its own id, "
    "score objects: --objects, or objects=True"
)


@dataclass(frozen=True)
class ClassPair:
    """Classes of a segmentation and of its truth, as indices.

    Attributes
    ----------
    pair
        What is read.
    by_value
        Class of each value of the truth.
    channels
        Classes of the channels of `pair.found`, where these are probabilities.
    classes
        All that are scored, in the order of the indices.
    """

    pair: Pair
    by_value: Mapping[int, SegClass]
    channels: tuple[SegClass, ...]
    classes: tuple[SegClass, ...]

    @cached_property
    def _of_truth(self) -> NDArray[np.int16]:
        table = np.full(MAX_ID + 1, IGNORE, np.int16)
        places = {c.id: i for i, c in enumerate(self.classes)}
        for value, c in self.by_value.items():
            table[value] = places[c.id]
        return table

    @cached_property
    def _of_found(self) -> NDArray[np.int16]:
        table = np.full(MAX_ID + 1, len(self.classes), np.int16)
        for index, c in enumerate(self.classes):
            table[c.id] = index
        return table

    def read(self, spans: Spans, margin: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Class indices of truth and segmentation, shape ``(Y, X)``, with a margin around.

        The truth is -1 where it is unlabelled, and outside the image; what was found as no class
        has the number of classes.
        """
        wide = (*spans[:-2], *((a - margin, b + margin) for a, b in spans[-2:]))
        size = [b - a for a, b in wide[-2:]]
        values = self.pair.truth.read(wide).reshape(size)
        truth = self._of_truth[values.astype(np.intp)]
        for axis, ((a, _), n) in enumerate(
            zip(wide[-2:], self.pair.truth.kept_shape[-2:], strict=True)
        ):
            at = np.arange(a, a + size[axis])
            outside = (at < 0) | (at >= n)
            truth[outside if axis == 0 else (slice(None), outside)] = IGNORE
        return truth, self._found(wide).reshape(size)

    def interior(self, spans: Spans, class_id: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Probability of a class, 0 to 1, and whether the truth has it; shape ``(Y, X)``."""
        size = [b - a for a, b in spans[-2:]]
        index = [c.id for c in self.classes].index(class_id)
        truth = self._of_truth[self.pair.truth.read(spans).astype(np.intp)] == index
        if self.channels:
            at = [c.id for c in self.channels].index(class_id)
            shares = self.pair.found.read(spans)[at].reshape(size).astype(np.float64)
            if self.pair.found.dtype.kind == "u":
                shares /= full_scale(self.pair.found.dtype)
        else:
            shares = (self._found(spans).reshape(size) == index).astype(np.float64)
        return shares, truth.reshape(size)

    def _found(self, spans: Spans) -> NDArray[np.int16]:
        values = self.pair.found.read(spans)
        if self.channels:
            ids = np.array([c.id for c in self.channels])[values.argmax(0)]
        else:
            ids = _checked(values[0], "segmentation", self.pair.found, spans)
        indices: NDArray[np.int16] = self._of_found[ids.astype(np.intp)]
        return indices


def name_classes(
    pairs: list[Pair], classes: Classes = None, unpainted: Unpainted = "ignore"
) -> list[ClassPair]:
    """Find out which classes there are in all pairs together.

    Parameters
    ----------
    pairs
        What is to be scored.
    classes, unpainted
        Of the truth, see `open_annotation`. By default classes have the names that the
        segmentation remembers, if it was written by `predict`.

    Raises
    ------
    EvaluationError
        If the truth has no label, or ids that no class can have; if channels of probabilities are
        of unknown classes.
    """
    meaning = ValueNames.of(classes, unpainted)
    by_value, known = dict[int, SegClass](), dict[int, SegClass]()
    for pair in pairs:
        known |= {c.id: c for c in known_classes(pair.found.path)}
        values = [v for v in label_values(pair.truth) if v or meaning.zero_counts]
        by_value |= meaning.of_values(values, pair.truth.name)
    if not by_value:
        names = ", ".join(pair.truth.name for pair in pairs)
        raise EvaluationError(
            f"the truth ({names}) has no labelled pixel: all of it is 0. If 0 is the background, "
            "say --unpainted background"
        )
    if meaning.named is None:
        by_value = {v: known.get(c.id, c) for v, c in by_value.items()}
    named = {c.id: c for c in (*known.values(), *by_value.values())}
    scored = tuple(named[i] for i in sorted(named))
    return [ClassPair(p, by_value, _channels(p.found, scored), scored) for p in pairs]


def _channels(found: Image, scored: tuple[SegClass, ...]) -> tuple[SegClass, ...]:
    if found.channels == 1:
        return ()
    told = tuple(known_classes(found.path)) or scored
    if len(told) != found.channels:
        raise EvaluationError(
            f"{found.name} has {found.channels} channels, which would be probabilities of as many "
            f"classes, but there are {len(told)}: {', '.join(c.name for c in told)}. Give class ids"
        )
    return told


def label_values(truth: Image) -> list[int]:
    """Values that occur in a label image.

    Raises
    ------
    EvaluationError
        For one that is no class id.
    """
    there = np.zeros(MAX_ID + 1, bool)
    for spans in truth.blocks(EDGE):
        there[_checked(truth.read(spans)[0], "truth", truth, spans)] = True
    return [int(v) for v in np.flatnonzero(there)]


def _checked(ids: NDArray[Any], what: str, image: Image, spans: Spans) -> NDArray[np.intp]:
    """Ids as indices of a table of 256."""
    if ids.dtype.kind == "f":
        raise EvaluationError(
            f"the {what} {image.name} holds {ids.dtype} numbers; give class ids, or probabilities "
            "of all classes along the axis C"
        )
    if ids.size and (int(ids.min()) < 0 or int(ids.max()) > MAX_ID):
        wrong = int(ids.min()) if int(ids.min()) < 0 else int(ids.max())
        where = ", ".join(
            f"{a} {start}:{stop}" for a, (start, stop) in zip(image.kept, spans, strict=True)
        )
        raise EvaluationError(IDS.format(what, image.name, wrong, where))
    return ids.astype(np.intp)
