"""How large the painted objects are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.annotations.instances import BORDER

MOST_CELLS = 2048  # along an edge; strokes that are further apart are looked at more coarsely
MOST_READ = 4096  # pixels along an edge, of planes with very many labels
MOST_PLANES = 8  # of such planes
NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Painted:
    """The longest connected labels of one class in one plane."""

    span: int
    name: str


def largest_object(annotation: Annotation) -> Painted:
    """Find the longest side, in pixels, of what is painted in one piece.

    Pieces are connected labels of one class in one plane, corners included. One that
    reaches from border to border is no object of a size: it is left out. The background of
    dense labels and the borders of instances are not looked at.
    """
    found = [Painted(0, "")]
    height, width = annotation.labels.kept_shape[-2:]
    for value, positions in annotation.index.positions.items():
        if not annotation.by_value[value].id or (annotation.instances and value == BORDER.id):
            continue
        sparse = annotation.index.counts[value] / len(positions)  # of more, a sample is kept
        planes, which = np.unique(positions[:, :-2], axis=0, return_inverse=True)
        for number in range(len(planes) if sparse == 1 else min(MOST_PLANES, len(planes))):
            yx = positions[which.ravel() == number, -2:]
            if sparse > 1:
                yx = _read(annotation, planes[number], yx, value)
            spans = _spans(yx)
            inside = spans[(spans < (height, width)).all(axis=1)]
            longest = int(inside.max(initial=0))
            found.append(Painted(longest, annotation.by_value[value].name))
    return max(found, key=lambda p: p.span)


def short_sighted(sees: int, annotations: Iterable[Annotation]) -> list[str]:
    """Say so where a network that sees `sees` pixels sees less than what was painted in one piece.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    largest = max((largest_object(a) for a in annotations), key=lambda p: p.span)
    if largest.span <= sees:
        return []
    return [
        f"this network sees {sees} px; your largest stroke-connected object ({largest.name}) "
        f"spans {largest.span} px. If its middle looks like something else, take a deeper network, "
        "or one that sees further"
    ]


def _read(
    annotation: Annotation, plane: NDArray[np.int64], yx: NDArray[np.int64], value: int
) -> NDArray[np.int64]:
    """All pixels of a value around a sample of them, in at most `MOST_READ` pixels of a plane."""
    corner, end = yx.min(axis=0), yx.max(axis=0) + 1
    end = np.minimum(end, corner + MOST_READ)
    box = tuple(zip(corner.tolist(), end.tolist(), strict=True))
    window = (*((p, p + 1) for p in plane.tolist()), *box)
    labels = annotation.labels.read(window)[0]
    found: NDArray[np.int64] = np.argwhere(labels.reshape(labels.shape[-2:]) == value) + corner
    return found


def _spans(yx: NDArray[np.int64]) -> NDArray[np.int64]:
    """Height and width of each connected piece."""
    corner = yx.min(axis=0)
    extent = int((yx.max(axis=0) - corner).max()) + 1
    cell = max(1, -(-extent // MOST_CELLS))
    at = (yx - corner) // cell
    mask = np.zeros(at.max(axis=0) + 1, bool)
    mask[tuple(at.T)] = True
    pieces, _ = ndimage.label(mask, NEIGHBOURS)
    sizes = [[s.stop - s.start for s in piece] for piece in ndimage.find_objects(pieces)]
    return np.array(sizes, np.int64) * cell
