"""Held-out labels: whole blocks, with a gap that trains nothing around them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.images.grid import Spans

BLOCK = 64
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
        """Which pixels of the plane window `spans` lie in held-out blocks grown by `gap`."""
        *plane, (top, bottom), (left, right) = spans
        mask = np.zeros((bottom - top, right - left), bool)
        for y, x in self.held.get(tuple(start for start, _ in plane), []):
            rows = slice(max(0, y - gap - top), max(0, y + self.edge + gap - top))
            columns = slice(max(0, x - gap - left), max(0, x + self.edge + gap - left))
            mask[rows, columns] = True
        return mask

    def trains(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the pixel `positions`, shape ``(n, axes)``, may train."""
        keep = np.ones(len(positions), bool)
        for plane, corners in self.held.items():
            here = (positions[:, :-2] == plane).all(axis=1)
            for y, x in corners:
                inside = here.copy()
                for axis, corner in ((-2, y), (-1, x)):
                    at = positions[:, axis]
                    inside &= (at >= corner - self.gap) & (at < corner + self.edge + self.gap)
                keep &= ~inside
        return keep

    @property
    def blocks(self) -> list[Corner]:
        """All held-out blocks."""
        return [(*plane, *corner) for plane, corners in self.held.items() for corner in corners]


def hold_out(
    annotations: Sequence[Annotation],
    share: float,
    gap: int,
    stride: int,
    rng: np.random.Generator,
) -> list[Split]:
    """Choose blocks to hold out until they hold `share` of the labels of each class.

    A class that lies in a single block, or would keep less than half of its labels, is
    not held out: it trains, and is not validated.

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
    edge = -(-BLOCK // stride) * stride
    counts: dict[tuple[int, Corner], dict[int, float]] = defaultdict(dict)
    totals: dict[int, float] = defaultdict(float)
    for image, annotation in enumerate(annotations):
        for value, positions in annotation.index.positions.items():
            weight = annotation.index.counts[value] / len(positions)
            corners = positions.copy()
            corners[:, -2:] -= corners[:, -2:] % edge
            class_id = annotation.by_value[value].id
            totals[class_id] += annotation.index.counts[value]
            blocks, numbers = np.unique(corners, axis=0, return_counts=True)
            for block, number in zip(blocks.tolist(), numbers.tolist(), strict=True):
                counts[image, tuple(block)][class_id] = number * weight
    order = list(counts)
    order = [order[i] for i in rng.permutation(len(order))]
    chosen: set[tuple[int, Corner]] = set()
    held: dict[int, float] = defaultdict(float)
    for class_id in sorted(totals, key=lambda c: totals[c]) if share else []:
        for block in order:
            if held[class_id] >= share * totals[class_id]:
                break
            after = {c: held[c] + n for c, n in counts[block].items()}
            too_much = any(n > totals[c] / 2 for c, n in after.items())
            if class_id in after and block not in chosen and not too_much:
                chosen.add(block)
                held.update(after)
    splits = [Split(defaultdict(list), edge, gap) for _ in annotations]
    for image, block in sorted(chosen):
        splits[image].held[block[:-2]].append((block[-2], block[-1]))
    return splits
