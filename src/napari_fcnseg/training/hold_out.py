"""Which labels are held out for validation."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.training.split import Corner, Split, within

BLOCKS = (64, 32, 16)  # edges in pixels, the first that gives each class something
KEPT = 0.6  # of the labels of each class train at least


def hold_out(
    annotations: Sequence[Annotation],
    share: float,
    gap: int,
    stride: int,
    rng: np.random.Generator,
) -> list[Split]:
    """Choose blocks to hold out until they hold `share` of the labels of each class.

    Blocks are as large as possible, 64 to 16 pixels, so that each class gets some. A block
    that would leave a class, gaps counted, less than 60 % of its labels is not held out.

    Parameters
    ----------
    annotations
        Annotations of all images.
    share
        Part of each class, 0 to 0.5.
    gap
        See `Split`.
    stride
        Of the network; blocks lie on its grid.
    rng
        Chooses the blocks.

    Returns
    -------
    list of Split
        One for each annotation.
    """
    chosen = [Split({}, _up(BLOCKS[0], stride), gap) for _ in annotations]
    most = 0
    for block in BLOCKS if share else ():
        splits = [Split(defaultdict(list), _up(block, stride), gap) for _ in annotations]
        held = _choose(_LabelsByPlane(annotations), splits, share, rng)
        classes = int(np.count_nonzero(held))
        if classes > most:
            most, chosen = classes, splits
        if classes == len(held):
            break
    return chosen


@dataclass
class _PlaneLabels:
    """Labelled pixels of one plane: positions, class number, what each stands for, if usable."""

    yx: NDArray[np.int64]
    classes: NDArray[np.int64]
    weights: NDArray[np.float64]
    usable: NDArray[np.bool_]


class _LabelsByPlane:
    """Labelled pixels of all annotations, by image and plane."""

    def __init__(self, annotations: Sequence[Annotation]) -> None:
        ids = sorted({c.id for annotation in annotations for c in annotation.classes})
        self.totals = np.zeros(len(ids))
        parts: dict[tuple[int, Corner], list[tuple[NDArray[np.int64], int, float]]]
        parts = defaultdict(list)
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
            key: _PlaneLabels(
                np.concatenate([yx for yx, _, _ in found]),
                np.concatenate([np.full(len(yx), number) for yx, number, _ in found]),
                np.concatenate([np.full(len(yx), weight) for yx, _, weight in found]),
                np.ones(sum(len(yx) for yx, _, _ in found), bool),
            )
            for key, found in parts.items()
        }

    def count(self, plane: _PlaneLabels, pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Labels of each class among `pixels` of a plane."""
        weights = plane.weights[pixels]
        counted: NDArray[np.float64] = np.bincount(
            plane.classes[pixels], weights, minlength=len(self.totals)
        ).astype(float)
        return counted


def _choose(
    labels: _LabelsByPlane, splits: list[Split], share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Add blocks to `splits`; return how many labels of each class they hold."""
    edge, gap = splits[0].edge, splits[0].gap
    candidates = [
        (key, (y, x))
        for key, plane in labels.planes.items()
        for y, x in np.unique(plane.yx // edge * edge, axis=0).tolist()
    ]
    order = [candidates[i] for i in rng.permutation(len(candidates))]
    held, kept = np.zeros(len(labels.totals)), labels.totals.copy()
    for number in np.argsort(labels.totals):
        for key, corner in order:
            if held[number] >= share * labels.totals[number]:
                break
            plane = labels.planes[key]
            inside = within(plane.yx, corner, edge, 0)
            gain = labels.count(plane, inside & plane.usable)
            near = within(plane.yx, corner, edge, gap) & plane.usable
            left = kept - labels.count(plane, near)
            if gain[number] and (left >= KEPT * labels.totals).all():
                plane.usable &= ~near
                held, kept = held + gain, left
                splits[key[0]].held[key[1]].append(corner)
    return held


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
