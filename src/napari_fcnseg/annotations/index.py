"""Where the labelled pixels of an annotation are."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import MAX_ID
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.image import Image

Plane = tuple[int, ...]  # positions along the axes before Y and X
SCAN_BLOCK = 1024
OWN_IDS = (
    "If each object has its own id, learn insides and borders with Instances (--instances), or "
    "give all objects of a kind one id"
)
KEPT = 2**19  # positions kept of each value; of more, an even random half, quarter, ...


@dataclass(frozen=True)
class LabelIndex:
    """Labelled pixels by label value.

    Attributes
    ----------
    counts
        Number of pixels of each value that occurs.
    positions
        Positions of (a fair sample of) them, shape ``(n, number of axes)``.
    """

    counts: dict[int, int]
    positions: dict[int, NDArray[np.int64]]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what is labelled and where."""
        found = hashlib.sha256(repr(sorted(self.counts.items())).encode())
        for _, positions in sorted(self.positions.items()):
            found.update(np.ascontiguousarray(positions).data)
        return found.hexdigest()[:16]

    def without(self, planes: Iterable[Plane]) -> "LabelIndex":
        """Return the index without the labels of some planes."""
        counts, positions = {}, {}
        for value, at in self.positions.items():
            gone = np.zeros(len(at), bool)
            for plane in planes:
                gone |= (at[:, :-2] == plane).all(axis=1)
            if not gone.all():
                positions[value] = at[~gone]
                # Exact where all positions are kept; else as fair as the sample.
                counts[value] = round(self.counts[value] * len(positions[value]) / len(at))
        return LabelIndex(counts, positions)

    def joined(self, other: "LabelIndex") -> "LabelIndex":
        """Return the labels of both, which have no plane in common."""
        values = sorted({*self.counts, *other.counts})
        positions = {
            v: np.concatenate([i.positions[v] for i in (self, other) if v in i.positions])
            for v in values
        }
        counts = {v: self.counts.get(v, 0) + other.counts.get(v, 0) for v in values}
        return LabelIndex(counts, positions)


def build_index(
    labels: Image, zero_counts: bool, planes: Iterable[Plane] | None = None
) -> LabelIndex:
    """Read labels, block by block, and note where each value is.

    Parameters
    ----------
    labels
        Whole numbers without channel axis.
    zero_counts
        Whether 0 is a label like any other; else it is unlabelled.
    planes
        Positions along the axes before Y and X; by default all are read.

    Raises
    ------
    AnnotationError
        For a value below 0 or above 255.
    """
    rng = np.random.default_rng(0)
    counts: Counter[int] = Counter()
    found: dict[int, list[NDArray[np.int64]]] = {}
    kept: dict[int, float] = {}
    for spans in labels.blocks(SCAN_BLOCK) if planes is None else _blocks(labels, planes):
        block = labels.read(spans)[0].copy()  # a person may go on painting in the array itself
        _check_ids(block, spans, labels)
        if not (zero_counts or block.any()):
            continue
        here = np.bincount(block.ravel().astype(np.uint8), minlength=MAX_ID + 1)
        for value in np.flatnonzero(here).tolist():
            if value == 0 and not zero_counts:
                continue
            counts[value] += int(here[value])
            at = np.argwhere(block == value)
            at = at[rng.random(len(at)) < kept.setdefault(value, 1.0)]
            pieces = found.setdefault(value, [])
            pieces.append(at + np.array([start for start, _ in spans]))
            while sum(map(len, pieces)) > KEPT:
                pieces[:] = [p[rng.random(len(p)) < 0.5] for p in pieces]
                kept[value] /= 2
    positions = {v: np.concatenate(pieces) for v, pieces in found.items()}
    return LabelIndex(dict(counts), positions)


def _blocks(labels: Image, planes: Iterable[Plane]) -> Iterator[Spans]:
    for plane in planes:
        leading = tuple((i, i + 1) for i in plane)
        for part in Grid(labels.kept_shape[-2:], (SCAN_BLOCK, SCAN_BLOCK)):
            yield (*leading, *part)


def _check_ids(block: NDArray[np.integer], spans: Spans, labels: Image) -> None:
    low, high = int(block.min()), int(block.max())
    if low >= 0 and high <= MAX_ID:
        return
    wrong = low if low < 0 else high
    where = np.argwhere(block == wrong)[0] + [start for start, _ in spans]
    place = ", ".join(f"{a} = {i}" for a, i in zip(labels.kept, where, strict=True))
    raise AnnotationError(
        f"{labels.name} holds the id {wrong} at {place}; class ids go from 1 to {MAX_ID}. {OWN_IDS}"
    )
