"""Methods that go on from the strokes on a plane, and label no other plane."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation, open_labels
from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.classical.options import Options
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.image import Image


@dataclass(frozen=True)
class PlaneLabeller(Options, ABC):
    """Labels a plane from the strokes on it.

    Attributes
    ----------
    fills
        Whether it labels every pixel of a plane, for which it needs strokes of two classes.
    """

    fills: ClassVar[bool] = True

    @abstractmethod
    def label(self, pixels: NDArray[Any], strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Label a plane.

        Parameters
        ----------
        pixels
            Raw pixels, shape ``(channels, Y, X)``.
        strokes
            Class ids, shape ``(Y, X)``, 0 where nobody painted; not all 0, and of two classes or
            more if the method `fills`.

        Returns
        -------
        ndarray
            Class ids, shape ``(Y, X)``; 0 is unlabelled.
        """

    def remarks(self, image: Image) -> tuple[str, ...]:
        """Say in plain words what a person should know of this method on that image."""
        return ()


@dataclass(frozen=True)
class StrokeMethod:
    """A `PlaneMethod` that labels each plane from its own strokes.

    Attributes
    ----------
    name
        Of the method, in the registry.
    labeller
        The method with its options.
    annotation
        The strokes.

    Raises
    ------
    AnnotationError
        If 0 is a class of its own, or no plane has the strokes that the method needs.
    """

    name: str
    labeller: PlaneLabeller
    annotation: Annotation

    def __post_init__(self) -> None:
        strokes = self.annotation.labels.name
        if any(c.id == 0 for c in self.annotation.by_value.values()):
            raise AnnotationError(
                f"0 is a class of {strokes}, so that nothing is left to be labelled: {self.name} "
                'needs strokes, with 0 where nobody painted. Leave out unpainted="background", and '
                "paint some of the background with an id of its own"
            )
        if not any(map(self._enough, self._classes_on.values())):
            raise AnnotationError(
                f"no plane of {strokes} has strokes of two classes: {self.name} labels a plane "
                "from its own strokes, so paint at least two classes on the same plane"
            )

    @property
    def classes(self) -> tuple[SegClass, ...]:
        """Classes that are painted."""
        return self.annotation.classes

    def describe(self) -> dict[str, Any]:
        """Return options and strokes as plain data."""
        return self.labeller.describe() | {
            "strokes": self.annotation.index.fingerprint,
            "classes": {str(v): [c.id, c.name] for v, c in self.annotation.by_value.items()},
        }

    def check_fits(self, image: Image) -> None:
        """Raise `AnnotationError` unless the strokes are as large as the image."""
        open_labels(self.annotation.labels, image)

    def notes_on(self, image: Image, region: Spans) -> tuple[str, ...]:
        """Say how many planes stay unlabelled, and why."""
        leading = region[:-2]
        found = [
            classes
            for plane, classes in self._classes_on.items()
            if all(a <= at < b for at, (a, b) in zip(plane, leading, strict=True))
        ]
        planes = math.prod(b - a for a, b in leading)
        notes = list(self.labeller.remarks(image))
        if planes > len(found):
            notes.append(
                f"{planes - len(found)} of {planes} planes have no strokes and stay unlabelled; "
                "paint on them, or train a network"
            )
        if single := sum(not self._enough(classes) for classes in found):
            notes.append(
                f"{single} of {planes} planes have strokes of one class only and stay unlabelled: "
                "all of each would be of that class; paint a second one on them"
            )
        return tuple(notes)

    def label_plane(self, pixels: NDArray[Any], spans: Spans) -> NDArray[np.uint8]:
        """Label one plane from its strokes; see `PlaneMethod`."""
        ids = self.annotation.read_ids(spans)
        strokes = ids.reshape(ids.shape[-2:]).clip(0).astype(np.uint8)
        if not self._enough(frozenset(np.unique(strokes[strokes > 0]).tolist())):
            return np.zeros_like(strokes)
        return self.labeller.label(pixels, strokes)

    def _enough(self, classes: frozenset[int]) -> bool:
        return len(classes) > (1 if self.labeller.fills else 0)

    @cached_property
    def _classes_on(self) -> dict[Plane, frozenset[int]]:
        """Ids of the classes on each plane with strokes."""
        found: dict[Plane, set[int]] = {}
        labels, index = self.annotation.labels, self.annotation.index
        if all(len(at) == index.counts[value] for value, at in index.positions.items()):
            for value, at in index.positions.items():
                for plane in set(map(tuple, at[:, :-2].tolist())):
                    found.setdefault(plane, set()).add(self.annotation.by_value[value].id)
        else:  # of very many labels the index is a sample
            shape = labels.kept_shape
            for spans in Grid(shape, (*[1] * (len(shape) - 2), *shape[-2:])):
                ids = np.unique(self.annotation.read_ids(spans)).tolist()
                if painted := {i for i in ids if i > 0}:
                    found[tuple(start for start, _ in spans[:-2])] = painted
        return {plane: frozenset(ids) for plane, ids in found.items()}
