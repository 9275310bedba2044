"""Points as labels: clicked places, a grid of cells, or a file that napari saved."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fcnseg.annotations.classes import MAX_ID, SegClass, default_class
from napari_fcnseg.annotations.disks import Disks
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

RADIUS = 2.0  # pixels
AXIS = "axis-"  # of the columns that napari saves


@dataclass(frozen=True)
class Points:
    """Places with a class each.

    Attributes
    ----------
    positions
        In pixels along the kept axes of an image, shape ``(n, axes)``; the middle of the
        first pixel is 0.
    ids
        Class id of each, 1 to 255.
    classes
        Names and colours of the ids.
    radius
        Of the disks in Y and X, in pixels; of all, or one for each point. With 0 only the
        nearest pixel is labelled.
    name
        What messages call them.
    """

    positions: NDArray[np.float64]
    ids: NDArray[np.int64]
    classes: tuple[SegClass, ...]
    radius: float | NDArray[np.float64] = RADIUS
    name: str = field(default="the points", compare=False)

    @classmethod
    def named(
        cls,
        positions: ArrayLike,
        classes: Sequence[Any],
        radius: float | NDArray[np.float64] = RADIUS,
        name: str = "the points",
    ) -> Self:
        """Make points from the class of each: its name, or its id.

        Names get the ids 1, 2, 3, ... in the order in which they occur.

        Raises
        ------
        AnnotationError
            If a point has no class, or an id is not in 1 to 255.
        """
        texts = [str(c).strip() for c in classes]
        if "" in texts or "nan" in texts:
            number = next(i for i, t in enumerate(texts) if t in ("", "nan"))
            raise AnnotationError(f"the point {number} of {name} has no class; give each point one")
        try:
            ids = [_whole(text) for text in texts]
        except ValueError:
            order = list(dict.fromkeys(texts))
            ids = [order.index(text) + 1 for text in texts]
            found = tuple(default_class(i + 1, text) for i, text in enumerate(order))
        else:
            found = tuple(default_class(i) for i in sorted(set(ids)) if 0 < i <= MAX_ID)
        if wrong := [i for i in ids if not 0 < i <= MAX_ID]:
            raise AnnotationError(
                f"{name}: the class {wrong[0]} is none; class ids go from 1 to {MAX_ID}"
            )
        at = np.asarray(positions, np.float64).reshape(len(ids), -1)
        return cls(at, np.array(ids, np.int64), found, radius, name)

    @classmethod
    def on_grid(
        cls, cells: ArrayLike, step: int, classes: Sequence[SegClass] = (), radius: float = RADIUS
    ) -> Self:
        """Make points from a grid annotation: one class for each cell of an image.

        Parameters
        ----------
        cells
            Class ids of cells of `step` x `step` pixels, 0 where a cell is unlabelled, shape
            ``(..., rows, columns)``; axes before those are slices.
        step
            Edge of a cell; the point is in its middle.
        classes
            Names and colours; by default "class 1", ...
        radius
            See `Points`.
        """
        cells = np.asarray(cells)
        at = np.argwhere(cells)
        ids = cells[tuple(at.T)].astype(np.int64)
        positions = at.astype(np.float64)
        positions[:, -2:] = (positions[:, -2:] + 0.5) * step - 0.5
        named = {c.id: c for c in classes}
        found = tuple(named.get(i, default_class(i)) for i in np.unique(ids).tolist())
        return cls(positions, ids, found, radius, "the grid")

    def labels(self, image: Image) -> Image:
        """Draw the disks as lazy labels of `image`.

        Raises
        ------
        AnnotationError
            If a point is not inside the image.
        """
        shape = image.kept_shape
        if self.positions.shape[1] != len(shape):
            raise AnnotationError(
                f"{self.name} have {self.positions.shape[1]} coordinates, but {image.name} has the "
                f"axes {image.kept}: give one coordinate for each"
            )
        nearest = np.floor(self.positions + 0.5)
        outside = ((nearest < 0) | (nearest >= shape)).any(axis=1)
        if outside.any():
            number = int(np.argmax(outside))
            place = ", ".join(f"{v:g}" for v in self.positions[number])
            raise AnnotationError(
                f"the point {number} of {self.name}, at {place}, lies outside {image.name}, which "
                f"is {image.kept} {shape}"
            )
        disks = Disks(self.positions, self.ids, self.radius, shape)
        return Image(disks, image.kept, name=self.name)


def read_points(path: str | Path, radius: float = RADIUS) -> Points:
    """Read points that napari saved from a Points layer.

    Parameters
    ----------
    path
        A CSV with the columns ``axis-0``, ``axis-1``, ... and ``class``: names or ids. The
        class may have another name if it is the only further column.
    radius
        See `Points`.

    Raises
    ------
    AnnotationError
        If it cannot be read so.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"cannot read the points {path}: {error}") from error
    columns = list(rows[0]) if rows else []
    axes = sorted((c for c in columns if c.startswith(AXIS)), key=lambda c: int(c[len(AXIS) :]))
    others = [c for c in columns if c not in (*axes, "index")]
    column = "class" if "class" in others else others[0] if len(others) == 1 else None
    if len(axes) < 2 or column is None:
        raise AnnotationError(
            f"{path} has {len(rows)} rows with the columns {', '.join(columns) or 'none'}; points "
            "need axis-0, axis-1, ... and class. In napari, give the Points layer a feature "
            "'class' before it is saved"
        )
    try:
        positions = [[float(row[a]) for a in axes] for row in rows]
    except (TypeError, ValueError) as error:
        raise AnnotationError(f"{path} has a coordinate that is no number: {error}") from error
    return Points.named(positions, [row[column] or "" for row in rows], radius, str(path))


def _whole(text: str) -> int:
    """Whole number, also if it was saved as ``2.0``."""
    if not float(text).is_integer():
        raise ValueError(text)
    return int(float(text))
