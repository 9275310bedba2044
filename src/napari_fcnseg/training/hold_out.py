"""Which labels are held out for validation."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.training.plane_labels import Key, LabelsByPlane
from napari_fcnseg.training.split import ENOUGH, Corner, Split, within

BLOCKS = (256, 128, 64, 32, 16)  # edges in pixels; the largest that gives each class something
BY_SLICE = 5  # labelled slices or images from which whole ones are held out
KEPT = 0.6  # of the labels of each class train at least
MOST = 2.5  # times the share that is asked for, of any class
CLOSEST = 16  # pixels of the smallest gap
Piece = tuple[Key, list[Corner], set[int]]  # blocks of a plane, and the classes they have


@dataclass(frozen=True)
class Apart:
    """How far labels that train have to be from held-out ones: in pixels, and in slices."""

    gap: int
    slices: int = 0


def hold_out(
    annotations: Sequence[Annotation],
    share: float,
    apart: Apart,
    stride: int,
    rng: np.random.Generator,
    closer: bool = False,
) -> list[Split]:
    """Choose what to hold out until it has `share` of the labels of each class.

    Whole slices, or images, where at least 5 have labels: strokes of one slice look alike. Else
    blocks, as large as possible, as less is lost in the gaps around them. What would leave a
    class, gaps counted, less than 60 % of its labels is not held out.

    Parameters
    ----------
    annotations
        Annotations of all images.
    share
        Part of each class, 0 to 0.5.
    apart
        The gap.
    stride
        Of the network; blocks lie on its grid.
    rng
        Chooses.
    closer
        Whether the gap may be halved, down to 16 pixels, where some class could not be held
        out otherwise.

    Returns
    -------
    list of Split
        One for each annotation, with the gap that was kept.
    """
    best = [Split({}, _up(BLOCKS[-1], stride), apart.gap, apart.slices) for _ in annotations]
    if not share:
        return best
    labels, most = LabelsByPlane(annotations), (0, 0)
    ways = [(False, edge) for edge in BLOCKS]
    if len(labels.planes) >= BY_SLICE:
        ways.insert(0, (True, BLOCKS[0]))
    for gap, (whole, edge) in product(_halved(apart.gap) if closer else [apart.gap], ways):
        splits = [
            Split(defaultdict(list), _up(edge, stride), gap, apart.slices) for _ in annotations
        ]
        held = _Choice(labels, splits, share).choose(whole, rng)
        scored = int((held >= ENOUGH).sum()), int((held > 0).sum())
        if scored > most:
            most, best = scored, splits
        if scored[0] == len(held):
            break
    return best


class _Choice:
    """Fills splits, piece by piece, as long as enough is left to train."""

    def __init__(self, labels: LabelsByPlane, splits: list[Split], share: float) -> None:
        self._labels, self._splits, self._share = labels, splits, share
        self._usable = {k: np.ones(len(p.yx), bool) for k, p in labels.planes.items()}
        self._held, self._kept = np.zeros(len(labels.totals)), labels.totals.copy()

    def choose(self, whole: bool, rng: np.random.Generator) -> NDArray[np.float64]:
        """Hold out blocks, or whole planes; return how many labels of each class they have."""
        pieces = self._pieces(whole)
        order = [pieces[i] for i in rng.permutation(len(pieces))]
        totals = self._labels.totals
        for number in np.argsort(totals).tolist():  # rare classes first
            for key, corners, classes in order:
                if self._held[number] >= self._share * totals[number]:
                    break
                if number in classes:
                    self._try(key, corners, number)
        return self._held

    def _pieces(self, whole: bool) -> list[Piece]:
        """Blocks with labels, or all those of a plane at once."""
        found: dict[tuple[Key, Corner], tuple[set[Corner], set[int]]]
        found = defaultdict(lambda: (set(), set()))
        for key, plane in self._labels.planes.items():
            corners = plane.yx // self._splits[0].edge * self._splits[0].edge
            with_classes = np.unique(np.column_stack([corners, plane.classes]), axis=0)
            for y, x, number in with_classes.tolist():
                blocks, classes = found[key, () if whole else (y, x)]
                blocks.add((y, x))
                classes.add(number)
        return [(key, sorted(blocks), classes) for (key, _), (blocks, classes) in found.items()]

    def _try(self, key: Key, corners: list[Corner], number: int) -> None:
        """Hold blocks of a plane out if they have labels of a class, and leave enough of all."""
        plane, totals = self._labels.planes[key], self._labels.totals
        inside = self._around(key, corners, 0)
        gain = self._labels.count(plane, inside & self._usable[key])
        if not gain[number] or (self._held + gain > MOST * self._share * totals).any():
            return
        gap = self._splits[0].gap
        near = {k: self._around(k, corners, gap) & self._usable[k] for k in self._about(key)}
        lost = sum(self._labels.count(self._labels.planes[k], near[k]) for k in near)
        if (self._kept - lost < KEPT * totals).any():
            return
        for k, gone in near.items():
            self._usable[k] &= ~gone
        self._held, self._kept = self._held + gain, self._kept - lost
        self._splits[key[0]].held[key[1]] += corners

    def _about(self, key: Key) -> Iterator[Key]:
        """Yield the labelled planes that a block of a plane keeps from training."""
        (image, at), slices = key, self._splits[0].slices
        if not at or not slices:
            yield key
            return
        for step in range(-slices, slices + 1):
            other = (image, (*at[:-1], at[-1] + step))
            if other in self._labels.planes:
                yield other

    def _around(self, key: Key, corners: list[Corner], gap: int) -> NDArray[np.bool_]:
        """Which labels of a plane lie in blocks grown by a gap."""
        yx = self._labels.planes[key].yx
        found = np.zeros(len(yx), bool)
        for corner in corners:
            found |= within(yx, corner, self._splits[0].edge, gap)
        return found


def _halved(gap: int) -> Iterator[int]:
    """Yield the gap, its half, and so on, down to the smallest."""
    yield gap
    while gap > CLOSEST:
        gap = max(CLOSEST, gap // 2)
        yield gap


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
