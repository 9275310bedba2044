"""Windows on a regular grid, counted and computed but never listed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Grid(Sequence[Spans]):
    """Blocks of ``steps`` that cover ``shape``; the last ones along an axis may be smaller.

    ``grid[i]`` is ``((start, stop), ...)``, one pair for each axis, the last axis fastest.
    """

    shape: tuple[int, ...]
    steps: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(-(-n // step) for n, step in zip(self.shape, self.steps, strict=True))

    def __len__(self) -> int:
        return math.prod(self.counts)

    @overload
    def __getitem__(self, index: int) -> Spans: ...
    @overload
    def __getitem__(self, index: slice) -> list[Spans]: ...
    def __getitem__(self, index: int | slice) -> Spans | list[Spans]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"block {index} of {len(self)}")
        index %= len(self)
        spans = []
        for n, step, count in zip(
            reversed(self.shape), reversed(self.steps), reversed(self.counts), strict=True
        ):
            index, at = divmod(index, count)
            spans.append((at * step, min((at + 1) * step, n)))
        return tuple(reversed(spans))


def widen(spans: Spans, shape: Sequence[int], margins: Sequence[int]) -> Spans:
    """Widen a window by a margin along each axis, as far as the image goes."""
    along = zip(spans, shape, margins, strict=True)
    return tuple((max(0, a - margin), min(b + margin, n)) for (a, b), n, margin in along)


def inside(spans: Spans, around: Spans) -> tuple[slice, ...]:
    """Where a window lies in a wider one."""
    along = zip(spans, around, strict=True)
    return tuple(slice(a - first, b - first) for (a, b), (first, _) in along)
