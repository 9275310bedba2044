"""Labelled pixels of all annotations, plane by plane."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.training.split import Corner

Key = tuple[int, Corner]  # number of the image, positions along its axes before Y and X


@dataclass
class PlaneLabels:
    """Labelled pixels of one plane: positions, class number, what each stands for."""

    yx: NDArray[np.int64]
    classes: NDArray[np.int64]
    weights: NDArray[np.float64]


class LabelsByPlane:
    """Labelled pixels of all annotations, by image and plane.

    Attributes
    ----------
    totals
        Labels of each class, in the order of their ids.
    planes
        The pixels; of very many, a fair sample that stands for all.
    """

    def __init__(self, annotations: Sequence[Annotation]) -> None:
        ids = sorted({c.id for annotation in annotations for c in annotation.classes})
        self.totals = np.zeros(len(ids))
        parts: dict[Key, list[tuple[NDArray[np.int64], int, float]]] = defaultdict(list)
        for image, annotation in enumerate(annotations):
            for value, positions in annotation.index.positions.items():
                number = ids.index(annotation.by_value[value].id)
                weight = annotation.index.counts[value] / len(positions)
                self.totals[number] += annotation.index.counts[value]
                planes, which = np.unique(positions[:, :-2], axis=0, return_inverse=True)
                for i, plane in enumerate(planes.tolist()):
                    here = positions[which.ravel() == i, -2:]
                    parts[image, tuple(plane)].append((here, number, weight))
        self.planes = {
            key: PlaneLabels(
                np.concatenate([yx for yx, _, _ in found]),
                np.concatenate([np.full(len(yx), number) for yx, number, _ in found]),
                np.concatenate([np.full(len(yx), weight) for yx, _, weight in found]),
            )
            for key, found in parts.items()
        }

    def count(self, plane: PlaneLabels, pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Labels of each class among `pixels` of a plane."""
        weights = plane.weights[pixels]
        counted: NDArray[np.float64] = np.bincount(
            plane.classes[pixels], weights, minlength=len(self.totals)
        ).astype(float)
        return counted
