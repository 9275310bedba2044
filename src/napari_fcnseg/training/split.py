"""Held-out labels: whole blocks, with a gap that trains nothing around them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans

ENOUGH = 50  # held-out labels of a class; a score on fewer says nothing
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
    slices
        Slices before and behind it that train nothing there either.
    """

    held: dict[Corner, list[Corner]]
    edge: int
    gap: int
    slices: int = 0

    def held_out(self, spans: Spans, near: bool = False) -> NDArray[np.bool_]:
        """Which pixels of the window `spans` lie in held-out blocks, or `near` them."""
        *leading, (top, _), (left, _) = spans
        gap, slices = (self.gap, self.slices) if near else (0, 0)
        mask = np.zeros([stop - start for start, stop in spans], bool)
        for at in np.ndindex(mask.shape[:-2]):
            plane = tuple(start + i for (start, _), i in zip(leading, at, strict=True))
            for y, x in self._held_about(plane, slices):
                rows = slice(max(0, y - gap - top), max(0, y + self.edge + gap - top))
                columns = slice(max(0, x - gap - left), max(0, x + self.edge + gap - left))
                mask[at][rows, columns] = True
        return mask

    def _held_about(self, plane: Corner, slices: int) -> list[Corner]:
        """Corners of the blocks in a plane and in the next `slices` on each side."""
        if not slices:
            return self.held.get(plane, [])
        about = ((*plane[:-1], plane[-1] + d) for d in range(-slices, slices + 1))
        return [corner for p in about for corner in self.held.get(p, [])]

    def trains(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the pixel `positions`, shape ``(n, axes)``, may train."""
        keep = np.ones(len(positions), bool)
        for plane, corners in self.held.items():
            apart = np.abs(positions[:, :-2] - np.array(plane, np.int64))
            if self.slices:
                apart[:, -1] = np.maximum(0, apart[:, -1] - self.slices)
            here = np.flatnonzero((apart == 0).all(axis=1))
            for corner in corners:
                keep[here] &= ~within(positions[here, -2:], corner, self.edge, self.gap)
        return keep

    @property
    def blocks(self) -> list[Corner]:
        """All held-out blocks."""
        return [(*plane, *corner) for plane, corners in self.held.items() for corner in corners]


def within(yx: NDArray[np.int64], corner: Corner, edge: int, gap: int) -> NDArray[np.bool_]:
    """Tell which pixels, shape ``(n, 2)``, lie in a block grown by `gap`."""
    first = np.array(corner) - gap
    inside = (yx >= first) & (yx < first + edge + 2 * gap)
    return np.logical_and(inside[:, 0], inside[:, 1])
