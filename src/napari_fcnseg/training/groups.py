"""Labelled pixels that may train, by who has set them, image and class; and how often each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL = 32  # pixels; about as far as a stroke says something new
PAINTED, TAUGHT, REPLAYED = "painted", "taught", "replayed"  # by whom


@dataclass(frozen=True)
class Group:
    """Positions ``(n, axes)`` of the labels of one class in the image `number`."""

    kind: str
    number: int
    positions: NDArray[np.int64]


class Groups:
    """Draws labelled pixels.

    Each kind has its share. In it, a class of an image is drawn by the square root of the area
    that its labels are spread over, in cells of 32 x 32 pixels: so a stroke counts as much as
    dense labels of the places it crosses.

    Parameters
    ----------
    groups
        Those with labels.
    replay
        Share of what is replayed.
    pseudo
        Share of pseudo-labels in the rest.
    """

    def __init__(self, groups: Iterable[Group], replay: float, pseudo: float) -> None:
        self._groups: Sequence[Group] = [g for g in groups if len(g.positions)]
        if all(group.kind == TAUGHT for group in self._groups):  # by nobody
            self._groups = []
        self._weights = np.sqrt([_cells(group.positions) for group in self._groups])
        shares = {
            PAINTED: (1 - replay) * (1 - pseudo),
            TAUGHT: (1 - replay) * pseudo,
            REPLAYED: replay,
        }
        for kind, share in shares.items():
            part = np.array([group.kind == kind for group in self._groups], bool)
            self._weights[part] *= share / max(1.0, self._weights[part].sum())
        self._weights /= self._weights.sum() or 1

    def __bool__(self) -> bool:
        return bool(self._groups)

    def draw(self, count: int, rng: np.random.Generator) -> list[tuple[Group, NDArray[np.int64]]]:
        """Draw `count` pixels: the group of each, and its position."""
        drawn = [self._groups[i] for i in rng.choice(len(self._groups), count, p=self._weights)]
        return [(g, g.positions[rng.integers(len(g.positions))]) for g in drawn]


def _cells(positions: NDArray[np.int64]) -> int:
    """How many cells of 32 x 32 pixels have any of the positions."""
    cells = positions.copy()
    cells[:, -2:] //= CELL
    first = cells.min(axis=0)
    return len(np.unique(np.ravel_multi_index((cells - first).T, cells.max(axis=0) - first + 1)))
