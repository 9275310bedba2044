"""Connected components of label images of any size; blocks give what the whole would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.measure import label

from napari_fcnseg.images.grid import Spans, inside, widen

Read = Callable[[Spans], NDArray[Any]]  # class ids of a window
IDS = np.dtype(np.uint32)


@dataclass(frozen=True)
class Components:
    """Connected components, numbered from 1 on by their first pixels.

    Attributes
    ----------
    of_part
        Component of each part that a block has, in the order of their numbers; the first is the
        background, 0.
    sizes
        Pixels of each component; the first is the background.
    values
        Value of each component's pixels; the first is 0.
    """

    of_part: NDArray[np.int64]
    sizes: NDArray[np.int64]
    values: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many there are, without the background."""
        return len(self.sizes) - 1

    def keep(self, wanted: NDArray[np.bool_]) -> "Components":
        """Leave components out, and number the others anew; `wanted` is in the order of sizes."""
        wanted = wanted & (np.arange(len(wanted)) > 0)
        number = np.where(wanted, np.cumsum(wanted), 0)
        kept = np.flatnonzero(wanted)
        first = [0]
        return Components(
            number[self.of_part],
            np.concatenate([self.sizes[first], self.sizes[kept]]),
            np.concatenate([self.values[first], self.values[kept]]),
        )


class PartLabeller:
    """Labels the parts of components block by block, and finds out which belong together.

    Parameters
    ----------
    read
        Gives values in a window inside the image; pixels with the same one are connected, and 0
        is background.
    parts
        Array of the image's shape that takes the numbers of parts.
    shape
        Of the image.
    along
        Of each axis, whether components reach across it.
    diagonal
        Whether pixels are connected that touch with an edge or a corner only.
    """

    def __init__(
        self,
        read: Read,
        parts: Any,
        shape: Sequence[int],
        along: Sequence[bool],
        diagonal: bool = False,
    ) -> None:
        self._read, self._parts, self._shape = read, parts, tuple(shape)
        self._along, self._diagonal = tuple(along), diagonal
        self._count = 0
        self._firsts: list[NDArray[np.int64]] = []
        self._sizes: list[NDArray[np.int64]] = []
        self._values: list[NDArray[np.int64]] = []
        self._pairs: list[NDArray[np.int64]] = []

    def add(self, spans: Spans) -> None:
        """Label a block with one pixel around it, and see which parts are known there already."""
        wide = widen(spans, self._shape, [int(across) for across in self._along])
        values = self._read(wide)
        found = self._connect(values)
        core = inside(spans, wide)
        own = found[core]
        here, at = np.unique(own, return_index=True)
        here, at = here[here > 0], at[here > 0]
        table = np.zeros(int(found.max(initial=0)) + 1, np.int64)
        table[here] = np.arange(1, len(here) + 1) + self._count
        region = tuple(slice(*span) for span in wide)
        before = np.array(self._parts[region])
        before[core] = 0
        touching = (before > 0) & (found > 0)
        # A part of the block and what it is connected to, by way of pixels around the block, too.
        both = [found[touching].astype(np.int64), before[touching].astype(np.int64)]
        links = np.unique(np.stack(both), axis=1)
        self._link(links, table)
        self._parts[tuple(slice(*span) for span in spans)] = table.astype(IDS)[own]
        corner = np.array([start for start, _ in spans])[:, None]
        position = np.stack(np.unravel_index(at, own.shape)) + corner
        self._firsts.append(np.ravel_multi_index(tuple(position), self._shape))
        self._sizes.append(np.bincount(own.ravel(), minlength=len(table))[here])
        self._values.append(values[core].ravel()[at].astype(np.int64))
        self._count += len(here)

    def _link(self, links: NDArray[np.int64], table: NDArray[np.int64]) -> None:
        """Join what lies in one component of a block: own part and known ones, or known ones."""
        found, known = links
        own = table[found]
        first = known.copy()
        if len(found):  # several known ones in a component that has no pixel in the block
            _, place, back = np.unique(found, return_index=True, return_inverse=True)
            first = known[place][back]
        self._pairs.append(np.stack([np.where(own > 0, own, first), known]))

    def _connect(self, values: NDArray[Any]) -> NDArray[np.int32]:
        """Components of a window, those of planes that are not connected apart."""
        rank = sum(self._along)
        order = np.argsort(self._along, kind="stable")
        moved = values.transpose(order)
        stack = moved.reshape(-1, *moved.shape[len(order) - rank :])
        found = np.zeros(stack.shape, np.int32)
        most = 0
        for plane, out in zip(stack, found, strict=True):
            numbers, count = label(
                plane, background=0, return_num=True, connectivity=rank if self._diagonal else 1
            )
            numbers[numbers > 0] += most
            out[...] = numbers
            most += count
        return found.reshape(moved.shape).transpose(np.argsort(order))

    def components(self) -> Components:
        """Join the parts of all blocks that were added."""
        n = self._count + 1
        pairs = np.concatenate([np.empty((2, 0), np.int64), *self._pairs], axis=1)
        links = coo_array((np.ones(pairs.shape[1], bool), tuple(pairs)), (n, n))
        _, group = connected_components(links, directed=False)
        firsts, sizes, values = (
            np.concatenate([[0], *kept]).astype(np.int64)
            for kept in (self._firsts, self._sizes, self._values)
        )
        earliest = np.full(group.max() + 1, np.iinfo(np.int64).max)
        np.minimum.at(earliest, group, firsts)
        earliest[group[0]] = -1  # the background comes first
        number = np.empty(len(earliest), np.int64)
        number[np.argsort(earliest)] = np.arange(len(earliest))
        of_part = number[group]
        totals, value = np.zeros((2, len(earliest)), np.int64)
        np.add.at(totals, of_part, sizes)
        value[of_part] = values
        return Components(of_part, totals, value)
