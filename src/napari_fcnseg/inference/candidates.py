"""From the uncertainty of tiles to the windows where it is largest."""

import math
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.output import Output
from napari_fcnseg.inference.painted import Painted
from napari_fcnseg.inference.windows import AxisWindows, PlaneSums, Span, best_windows

ONE = 2**24  # an uncertainty of 1, as whole numbers: their sums do not depend on the order
DONE = 0.5  # a window is not proposed if more of it is painted
FIFTH = 5  # no more than this part of the regions in one plane, as long as there are others


@dataclass(frozen=True)
class Candidate:
    """A window, along the kept axes of the image, and its mean uncertainty."""

    spans: Spans
    score: float


class Candidates(Output):
    """Takes the uncertainty of tiles and keeps the best windows of each plane.

    Memory holds the sums of the planes that are under way, for the windows' grid only.

    Parameters
    ----------
    shape
        Of the image, without C.
    size
        Edge of a window in pixels; at most that of the image.
    most
        How many windows of a plane are kept.
    every
        Of the planes, every so manieth is looked at.
    painted
        What needs no label any more: it counts as sure.

    Attributes
    ----------
    found
        The windows, when all tiles are written.
    """

    def __init__(
        self, shape: Sequence[int], size: int, most: int, every: int, painted: Painted
    ) -> None:
        *self._leading, height, width = shape
        self._y, self._x = AxisWindows(height, size), AxisWindows(width, size)
        self._area, self._most, self._every = height * width, most, every
        self._painted = painted
        self._under_way: dict[tuple[int, ...], PlaneSums] = {}
        self._lock = threading.Lock()
        self.data, self.found = [], list[Candidate]()

    @property
    def planes(self) -> int:
        """How many are looked at."""
        return -(-math.prod(self._leading) // self._every)

    def looked_at(self, spans: Spans) -> list[tuple[int, ...]]:
        """Planes of a block that are looked at: positions along the axes before Y and X."""
        starts, sizes = [s for s, _ in spans[:-2]], [b - a for a, b in spans[:-2]]
        planes = (tuple(np.add(starts, at).tolist()) for at in np.ndindex(*sizes))
        return [p for p in planes if self._number(p) % self._every == 0]

    def _number(self, plane: tuple[int, ...]) -> int:
        number = 0
        for at, n in zip(plane, self._leading, strict=True):
            number = number * n + at
        return number

    def write(self, spans: Spans, block: NDArray[Any]) -> None:
        """Add the uncertainty of a tile."""
        rows, columns = spans[-2:]
        for plane in self.looked_at(spans):
            here = tuple((p, p + 1) for p in plane)
            near = self._painted.near((*here, rows, columns)).reshape(block.shape[-2:])
            unsure = block[
                tuple(p - start for p, (start, _) in zip(plane, spans[:-2], strict=True))
            ]
            whole = np.rint(unsure * np.float64(ONE)).astype(np.int64)
            self._add(plane, rows, columns, np.stack([np.where(near, 0, whole), near]))

    def _add(
        self, plane: tuple[int, ...], rows: Span, columns: Span, values: NDArray[np.int64]
    ) -> None:
        with self._lock:
            sums = self._under_way.setdefault(plane, PlaneSums(self._y, self._x, len(values)))
            sums.add(rows, columns, values)
            if sums.pixels == self._area:
                self._keep_best(plane, self._under_way.pop(plane))

    def _keep_best(self, plane: tuple[int, ...], sums: PlaneSums) -> None:
        y, x = self._y, self._x
        scores, near = sums.windows()
        pixels = y.edge * x.edge
        for row, column in best_windows(scores, near <= DONE * pixels, y, x, self._most):
            top, left = int(y.starts[row]), int(x.starts[column])
            spans = (*((p, p + 1) for p in plane), (top, top + y.edge), (left, left + x.edge))
            self.found.append(Candidate(spans, int(scores[row, column]) / (ONE * pixels)))

    def finish(self) -> None:
        """Nothing is left to do."""


def choose(candidates: Iterable[Candidate], wanted: int, planes: int) -> list[Candidate]:
    """Choose windows that differ, the most unsure one first.

    Parameters
    ----------
    candidates
        Those of one plane share no pixel.
    wanted
        How many: at most a fifth of them, or their equal share, in one plane; and none that
        lies over or under another one in the plane beside it. Only where there are too few of
        these, the others fill up.
    planes
        How many were looked at.
    """
    ordered = sorted(candidates, key=_rank)
    share = max(math.ceil(wanted / FIFTH), math.ceil(wanted / max(1, planes)))
    chosen, others, per_plane = list[Candidate](), list[Candidate](), Counter[Spans]()
    for candidate in ordered:
        if len(chosen) == wanted:
            break
        plane = candidate.spans[:-2]
        if per_plane[plane] < share and not any(_beside(candidate, c) for c in chosen):
            chosen.append(candidate)
            per_plane[plane] += 1
        else:
            others.append(candidate)
    return sorted(chosen + others[: wanted - len(chosen)], key=_rank)


def _rank(candidate: Candidate) -> tuple[float, Spans]:
    return -candidate.score, candidate.spans


def _beside(first: Candidate, second: Candidate) -> bool:
    """Whether windows are in the same plane, or in neighbours, and share pixels along Y and X."""
    pairs = list(zip(first.spans, second.spans, strict=True))
    near = all(abs(a - b) <= 1 for (a, _), (b, _) in pairs[:-2])
    return near and all(a < d and c < b for (a, b), (c, d) in pairs[-2:])
