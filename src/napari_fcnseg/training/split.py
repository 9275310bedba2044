"""Held-out labels: whole blocks, with a gap that trains nothing around them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans

Corner = tuple[int, ...]  # of a block: leading positions, then Y and X, in pixels


@dataclass(frozen=True)
class Split:
    """Blocks of one image that are held out, by plane.

    Attributes
    ----------
    held
        For each plane (positions along the axes before Y and X), top-left corners.
    edge
        Edge of a block in pixels.
    gap
        Pixels around a held-out block that train nothing.
    """

    held: dict[Corner, list[tuple[int, int]]]
    edge: int
    gap: int

    def held_out(self, spans: Spans, gap: int = 0) -> NDArray[np.bool_]:
        """Which pixels of the window `spans` lie in held-out blocks grown by `gap`."""
        *leading, (top, _), (left, _) = spans
        mask = np.zeros([stop - start for start, stop in spans], bool)
        for at in np.ndindex(mask.shape[:-2]):
            plane = tuple(start + i for (start, _), i in zip(leading, at, strict=True))
            for y, x in self.held.get(plane, []):
                rows = slice(max(0, y - gap - top), max(0, y + self.edge + gap - top))
                columns = slice(max(0, x - gap - left), max(0, x + self.edge + gap - left))
                mask[at][rows, columns] = True
        return mask

    def trains(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the pixel `positions`, shape ``(n, axes)``, may train."""
        keep = np.ones(len(positions), bool)
        for plane, corners in self.held.items():
            here = (positions[:, :-2] == plane).all(axis=1)
            for corner in corners:
                keep &= ~(here & within(positions[:, -2:], corner, self.edge, self.gap))
        return keep

    @property
    def blocks(self) -> list[Corner]:
        """All held-out blocks."""
        return [(*plane, *corner) for plane, corners in self.held.items() for corner in corners]


def within(
    yx: NDArray[np.int64], corner: tuple[int, int], edge: int, gap: int
) -> NDArray[np.bool_]:
    """Tell which pixels, shape ``(n, 2)``, lie in a block grown by `gap`."""
    first = np.array(corner) - gap
    inside = (yx >= first) & (yx < first + edge + 2 * gap)
    return np.logical_and(inside[:, 0], inside[:, 1])
