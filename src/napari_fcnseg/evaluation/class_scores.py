"""How well classes are found: counted block by block, told as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.evaluation import scores
from napari_fcnseg.evaluation.boundaries import boundary_counts, boundary_f


@dataclass(frozen=True)
class ClassScores:
    """How well classes are found.

    Attributes
    ----------
    classes
        In the order of all arrays.
    matrix
        Labelled pixels, shape ``(classes, classes + 1)``: rows are the truth, columns what was
        found; the last column is what was found as none of them.
    borders
        Sums of `boundary_counts`.
    """

    classes: tuple[SegClass, ...]
    matrix: NDArray[np.int64]
    borders: NDArray[np.int64]

    @classmethod
    def nothing(cls, classes: Sequence[SegClass]) -> Self:
        """Scores before anything was counted."""
        n = len(classes)
        return cls(tuple(classes), np.zeros((n, n + 1), np.int64), np.zeros((n, 4), np.int64))

    def __add__(self, other: Self) -> Self:
        return replace(
            self, matrix=self.matrix + other.matrix, borders=self.borders + other.borders
        )

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the classes that are there or were found."""
        return _mean(scores.iou(self.matrix))

    @property
    def mean_dice(self) -> float:
        """Mean Dice coefficient of the classes that are there or were found."""
        return _mean(scores.dice(self.matrix))

    @property
    def by_class(self) -> dict[str, NDArray[np.float64]]:
        """Scores of each class, by what they are called."""
        return {
            "IoU": scores.iou(self.matrix),
            "Dice": scores.dice(self.matrix),
            "precision": scores.precision(self.matrix),
            "recall": scores.recall(self.matrix),
            "boundary F": boundary_f(self.borders),
        }

    @property
    def overall(self) -> dict[str, float]:
        """Scores of all classes together, by what they are called."""
        return {
            "mean IoU": self.mean_iou,
            "mean Dice": self.mean_dice,
            "pixel accuracy": scores.pixel_accuracy(self.matrix),
            "frequency-weighted IoU": scores.weighted_iou(self.matrix),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; ``None`` for what cannot be said."""
        names, by_class = [c.name for c in self.classes], self.by_class
        pixels = self.matrix.sum(1).tolist()
        each = {
            name: {"pixels": pixels[i]}
            | {score: plain(values[i]) for score, values in by_class.items()}
            for i, name in enumerate(names)
        }
        return {
            **{name: plain(value) for name, value in self.overall.items()},
            "classes": each,
            "confusion": {"columns": [*names, "none"], "rows": self.matrix.tolist()},
        }


def _mean(values: NDArray[np.float64]) -> float:
    """Mean of what is a number; NaN if nothing is."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def plain(value: float) -> float | None:
    """Return a number as JSON has it; ``None`` for NaN."""
    return None if np.isnan(value) else float(value)


@dataclass
class ClassTally:
    """Counts of classes, block by block and plane by plane.

    Parameters
    ----------
    classes
        Classes that are scored.
    tolerance
        Of borders, in pixels.

    Attributes
    ----------
    planes
        Scores of each plane with labels, by its position along the axes before Y and X.
    """

    classes: Sequence[SegClass]
    tolerance: float
    planes: dict[Plane, ClassScores] = field(default_factory=dict)

    @property
    def margin(self) -> int:
        """Pixels that a block needs around it."""
        return int(np.ceil(self.tolerance)) + 1

    def add(
        self, plane: Plane, truth: NDArray[np.integer], found: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Count a block; tell which pixels in it are wrong, without the margin.

        Parameters
        ----------
        plane
            Where the block is along the axes before Y and X.
        truth, found
            Class indices with the margin, shape ``(Y, X)``; -1 where unlabelled, and in `found`
            as many as there are classes for none of them.
        """
        count, m = len(self.classes), self.margin
        inside = (slice(m, truth.shape[0] - m), slice(m, truth.shape[1] - m))
        true, said = truth[inside], found[inside]
        labelled = true >= 0
        codes = true[labelled].astype(np.int64) * (count + 1) + said[labelled]
        table = np.bincount(codes, minlength=count * (count + 1))
        borders = boundary_counts(truth, found, count, self.tolerance, inside)
        block = ClassScores(tuple(self.classes), table.reshape(count, count + 1), borders)
        if table.any():
            before = self.planes.get(plane, ClassScores.nothing(self.classes))
            self.planes[plane] = before + block
        wrong: NDArray[np.bool_] = labelled & (true != said)
        return wrong

    def result(self) -> ClassScores:
        """Scores of all that was counted."""
        return sum(self.planes.values(), start=ClassScores.nothing(self.classes))
