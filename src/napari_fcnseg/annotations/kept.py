"""A part of what was painted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

Where = Callable[[Spans], NDArray[np.bool_]]


class KeptLabels:
    """Labels where they are wanted, else 0; read window by window.

    Parameters
    ----------
    labels
        Without channel axis.
    where
        Takes a window of them, and tells which of its pixels are kept.
    """

    def __init__(self, labels: Image, where: Where) -> None:
        self.shape, self.dtype = labels.kept_shape, labels.dtype
        self._labels, self._where = labels, where

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        spans = tuple(s.indices(n)[:2] for s, n in zip(region, self.shape, strict=True))
        values = self._labels.read(spans)[0]
        return np.where(self._where(spans), values, np.zeros((), self.dtype))


def keep_labels(annotation: Annotation, where: Where) -> Annotation:
    """Return an annotation with some of its labels; the others are unlabelled.

    Parameters
    ----------
    annotation
        In which 0 is unlabelled.
    where
        See `KeptLabels`.
    """
    labels = annotation.labels
    kept = Image(KeptLabels(labels, where), labels.kept, name=labels.name)
    return replace(annotation, labels=kept).repainted()
