"""Points as labels: clicked places, or a grid of cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fcnseg.annotations.classes import MAX_ID, SegClass, default_class
from napari_fcnseg.annotations.disks import Disks
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

RADIUS = 2.0  # pixels


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
    by_name
        Whether classes are known by their names, and ids are only those of these points.

    Raises
    ------
    AnnotationError
        If there are none, shapes do not fit, or a class, radius or place is none.
    """

    positions: NDArray[np.float64]
    ids: NDArray[np.int64]
    classes: tuple[SegClass, ...]
    radius: float | NDArray[np.float64] = RADIUS
    name: str = field(default="the points", compare=False)
    by_name: bool = False

    def __post_init__(self) -> None:
        if self.positions.ndim != 2 or self.positions.shape[0] != len(self.ids):
            raise AnnotationError(
                f"{self.name}: positions have the shape {self.positions.shape}; {len(self.ids)} "
                f"points need ({len(self.ids)}, axes)"
            )
        if not len(self.ids):
            raise AnnotationError(f"{self.name} are none: give one in each class at least")
        lost = ~np.isfinite(self.positions).all(axis=1)
        if lost.any():
            number = int(np.argmax(lost))
            raise AnnotationError(
                f"the point {number} of {self.name} has the coordinates "
                f"{self.positions[number].tolist()}; each must be a number"
            )
        wrong = self.ids[(self.ids < 1) | (self.ids > MAX_ID)]
        if len(wrong):
            raise AnnotationError(
                f"{self.name}: the class {wrong[0]} is none; class ids go from 1 to {MAX_ID}"
            )
        radius = np.asarray(self.radius, np.float64)
        if not (np.isfinite(radius) & (radius >= 0)).all():
            raise AnnotationError(
                f"{self.name}: the radius {self.radius} is none; give 0 or more pixels"
            )

    @classmethod
    def named(
        cls,
        positions: ArrayLike,
        classes: Sequence[Any],
        radius: float | NDArray[np.float64] = RADIUS,
        name: str = "the points",
    ) -> Self:
        """Make points from the class of each: its name, or its id.

        Names get the ids 1, 2, 3, ... in the order in which they occur; see `numbered`.

        Parameters
        ----------
        positions
            In pixels along the kept axes of an image, shape ``(n, axes)``.
        classes
            Of each point: all by name, or all by id.
        radius, name
            As of `Points`.

        Returns
        -------
        Points
            With the classes that occur, in colours of their own.

        Raises
        ------
        AnnotationError
            If a point has no class, or an id is not in 1 to 255.
        """
        texts = ["" if c is None or c != c else str(c).strip() for c in classes]
        if "" in texts:
            raise AnnotationError(
                f"the point {texts.index('')} of {name} has no class; give each point one"
            )
        numbers = [_number(text) for text in texts]
        by_name = None in numbers
        if by_name and any(n is not None for n in numbers):
            raise AnnotationError(
                f"{name} mix names and ids of classes: {', '.join(dict.fromkeys(texts))}; give "
                "each point a name, or each an id"
            )
        order = list(dict.fromkeys(texts))
        ids = [order.index(t) + 1 if n is None else n for t, n in zip(texts, numbers, strict=True)]
        names = {i: t if by_name else "" for i, t in zip(ids, texts, strict=True)}
        return cls(
            np.asarray(positions, np.float64),
            np.array(ids, np.int64),
            tuple(default_class(i, names[i]) for i in sorted(names)),
            radius,
            name,
            by_name,
        )

    def numbered(self, classes: Iterable[SegClass]) -> "Points":
        """Give classes that are known by their names the ids that these names have elsewhere.

        Parameters
        ----------
        classes
            Those from elsewhere.

        Returns
        -------
        Points
            The same ones if they have ids already.

        Raises
        ------
        AnnotationError
            If one of the names is not in `classes`.
        """
        classes = tuple(classes)
        if not self.by_name:
            return self
        known = {c.name: c.id for c in classes}
        for c in self.classes:
            if c.name not in known:
                raise AnnotationError(
                    f"{self.name} have the class {c.name!r}, which is none of "
                    f"{', '.join(f'{k.id}={k.name}' for k in classes)}"
                )
        id_of = {c.id: known[c.name] for c in self.classes}
        ids = np.array([id_of[i] for i in self.ids.tolist()], np.int64)
        return replace(self, ids=ids, classes=classes)

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

        Returns
        -------
        Points
            One for each labelled cell.

        Raises
        ------
        AnnotationError
            If `cells` are no whole numbers or have less than two axes, or `step` is below 1.
        """
        cells = np.asarray(cells)
        if cells.dtype.kind not in "biu" or cells.ndim < 2 or step < 1:
            raise AnnotationError(
                f"a grid annotation of {cells.dtype}, shape {cells.shape}, with cells of {step} "
                "pixels is none: give whole numbers, (..., rows, columns), and 1 pixel or more"
            )
        at = np.argwhere(cells)
        ids = cells[tuple(at.T)].astype(np.int64)
        positions = at.astype(np.float64)
        positions[:, -2:] = (positions[:, -2:] + 0.5) * step - 0.5
        named = {c.id: c for c in classes}
        found = tuple(named.get(i, default_class(i)) for i in np.unique(ids).tolist())
        return cls(positions, ids, found, radius, "the grid")

    def labels(self, image: Image) -> Image:
        """Draw the disks as lazy labels of an image.

        Parameters
        ----------
        image
            What the points lie on.

        Returns
        -------
        Image
            Class ids over the kept axes, 0 where there is no disk; drawn where it is read.

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


def _number(text: str) -> int | None:
    """Id of a class, also if it was saved as ``2.0``; ``None`` for a name.

    A number that is not whole is no id of a class; 0 stands for it, which is refused.
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else 0
