"""How many pixels are labelled, in each class; counted again and again while a person paints."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore

Stamp = tuple[int, int, int]


class Tally(Protocol):
    """Counts labelled pixels by id."""

    def count(self) -> Iterator[Counter[int]]:
        """Yield the counts of one part after the other; of all, their sum."""


class ArrayTally:
    """Counts in memory, plane by plane; planes without strokes cost next to nothing."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def count(self) -> Iterator[Counter[int]]:
        """Yield the counts of each plane."""
        for at in np.ndindex(self._array.shape[:-2]):
            yield _count(self._array[at])


class ChunkTally:
    """Counts on the disk: only chunks that exist, and later only those that have changed."""

    def __init__(self, array: "zarr.Array[Any]", folder: Path) -> None:
        self._array, self._folder = array, folder
        self._steps = array.shards or array.chunks
        self._known: dict[tuple[int, ...], tuple[Stamp, Counter[int]]] = {}

    def count(self) -> Iterator[Counter[int]]:
        """Yield the counts of each chunk."""
        files = dict(self._files())
        for gone in self._known.keys() - files.keys():
            del self._known[gone]
        for at, file in files.items():
            try:
                stat = file.stat()
            except FileNotFoundError:  # it was emptied just now
                continue
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if at not in self._known or self._known[at][0] != stamp:
                spans = (slice(i * n, (i + 1) * n) for i, n in zip(at, self._steps, strict=True))
                self._known[at] = stamp, _count(np.asarray(self._array[tuple(spans)]))
            yield self._known[at][1]

    def _files(self) -> Iterator[tuple[tuple[int, ...], Path]]:
        """Files of chunks (or shards), and which they are."""
        for place, _, names in os.walk(self._folder):
            for name in names:
                file = Path(place, name)
                parts = ".".join(file.relative_to(self._folder).parts).split(".")
                numbers = parts[1:] if parts[0] == "c" else parts
                if len(numbers) == self._array.ndim and all(n.isdecimal() for n in numbers):
                    yield tuple(map(int, numbers)), file


def tally_of(array: Any) -> Tally | None:
    """Return what counts in an array; ``None`` where all of it would have to be read."""
    if isinstance(array, np.ndarray):
        return ArrayTally(array)
    if isinstance(array, zarr.Array) and isinstance(array.store, LocalStore):
        return ChunkTally(array, Path(array.store.root, array.path))
    return None


def _count(block: NDArray[Any]) -> Counter[int]:
    if not block.any():
        return Counter()
    values, counts = np.unique(block[block != 0], return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))
