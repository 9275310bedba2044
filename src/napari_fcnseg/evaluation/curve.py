"""Scores along the planes of a stack, as lines of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_fcnseg.evaluation import scores
from napari_fcnseg.evaluation.class_scores import ClassScores

if TYPE_CHECKING:
    from napari_fcnseg.evaluation.evaluation import ImageScores

WIDTH, HEIGHT = 900, 220  # of the drawing, in its own units
GAP = float("nan")


@dataclass(frozen=True)
class Line:
    """Points of one class, ``"x,y x,y ..."`` in pieces; nothing where it was not scored."""

    name: str
    color: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """Lines over the planes of an image; `first` and `last` are the ends of the axis."""

    axis: str
    first: int
    last: int
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT


def curve_of(images: Sequence["ImageScores"]) -> Curve | None:
    """IoU of each class along the only axis of planes of a single image; else ``None``."""
    if len(images) != 1 or not isinstance(images[0].scores, ClassScores):
        return None
    (image,) = images
    leading = image.pair.found.kept[:-2]
    if len(leading) != 1 or len(image.planes) < 2:
        return None
    planes = {at: s for (at,), s in sorted(image.planes.items()) if isinstance(s, ClassScores)}
    at, values = list(planes), np.stack([scores.iou(s.matrix) for s in planes.values()], axis=1)
    lines = [
        Line(c.name, c.color, _pieces(at, row))
        for c, row in zip(planes[at[0]].classes, values, strict=True)
    ]
    return Curve(leading, at[0], at[-1], tuple(lines))


def _pieces(at: Sequence[int], values: np.ndarray) -> tuple[str, ...]:
    """Points of a line, cut where there is no value."""
    span = max(1, at[-1] - at[0])
    pieces: list[list[str]] = [[]]
    for plane, value in zip(at, values.tolist(), strict=True):
        if value != value:
            pieces.append([])
        else:
            x, y = WIDTH * (plane - at[0]) / span, HEIGHT * (1 - value)
            pieces[-1].append(f"{x:.1f},{y:.1f}")
    return tuple(" ".join(piece) for piece in pieces if piece)
