"""Properties of objects: how large, where, of what shape, how bright."""

import time
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, Measured, Steps
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.refine.lengths import UNKNOWN, Lengths
from napari_fcnseg.refine.moments import MARGIN, Moments, outline_kinds
from napari_fcnseg.refine.shapes import shape_columns
from napari_fcnseg.refine.table import Table

EDGE = 1024  # of the blocks that are read


def measure_objects(objects: Any, image: Any = None, *, axes: str | None = None) -> Steps[Event]:
    """Measure every object.

    Parameters
    ----------
    objects
        Ids of objects, 0 for the background: a path, an array or an `Image` of any size. With an
        axis T an id is another object at each time.
    image
        What was segmented, whose intensity is measured, too.
    axes
        Of `objects`, where they do not say themselves.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each block, and in the end `Measured`. Its table has a
        row for each object, see `shape_columns`.

    Raises
    ------
    ImageError
        At once if they are no ids, or the image is of another shape.
    """
    ids = open_image(objects, axes=axes)
    if ids.channels > 1 or ids.dtype.kind == "f":
        raise ImageError(
            f"{ids.name} holds {ids.channels} channels of {ids.dtype}: ids of objects are needed, "
            "one whole number for each pixel"
        )
    seen = None if image is None else open_image(image)
    if seen and seen.kept_shape != ids.kept_shape:
        raise ImageError(
            f"{seen.name} is {seen.kept} {seen.kept_shape}, but the objects {ids.name} are "
            f"{ids.kept} {ids.kept_shape}: an image of the same size is needed"
        )
    return Steps(_run(ids, seen))


def _run(ids: Image, seen: Image | None) -> Generator[Event, None, None]:
    began, grid = time.monotonic(), ids.blocks(EDGE)
    rank = sum(a in "ZYX" for a in ids.kept)
    channels = seen.channels if seen else 0
    by_time: dict[int, Moments] = defaultdict(lambda: Moments(rank, channels))
    for done, spans in enumerate(grid, 1):
        moment = spans[ids.kept.index("T")][0] if "T" in ids.kept else 0
        corner = [start for start, _ in spans[-rank:]]
        here, outline = _read(ids, spans, rank)
        pixels = None
        if seen and here.any():
            pixels = seen.read(spans).reshape(channels, *here.shape).astype(np.float64)
        by_time[moment].add(here, corner, pixels, outline)
        yield BlockDone("measure", done, len(grid))
    lengths = Lengths.of(ids)
    columns: dict[str, list[Any]] = {}
    for moment, found in sorted(by_time.items()):
        found.finish()
        told = shape_columns(found, ids.kept[-rank:], lengths)
        told = ({"T": [moment] * len(found.ids)} if "T" in ids.kept else {}) | told
        for name, values in told.items():
            columns.setdefault(name, []).extend(values)
    notes = () if lengths.known else (UNKNOWN.format(ids.name),)
    yield Measured(Table(columns, notes), time.monotonic() - began)


def _read(
    ids: Image, spans: Spans, rank: int
) -> tuple[NDArray[np.integer], NDArray[np.int64] | None]:
    """Ids of a block, one axis for each of space, and what its pixels add to outlines in 2D."""
    if rank > 2:
        block = ids.read(spans)[0]
        here = block.reshape(block.shape[-rank:])
        _check(here, ids)
        return here, None
    shape = ids.kept_shape[-2:]
    wide = [
        (max(0, a - MARGIN), min(b + MARGIN, n))
        for (a, b), n in zip(spans[-2:], shape, strict=True)
    ]
    block = ids.read((*spans[:-2], *wide)).reshape([b - a for a, b in wide])
    _check(block, ids)
    before = [MARGIN - (a - c) for (a, _), (c, _) in zip(spans[-2:], wide, strict=True)]
    after = [MARGIN - (d - b) for (_, b), (_, d) in zip(spans[-2:], wide, strict=True)]
    padded = np.pad(block, list(zip(before, after, strict=True)))  # outside there is no object
    inside = (slice(MARGIN, -MARGIN),) * 2
    return padded[inside], outline_kinds(padded)[inside]


def _check(ids: NDArray[np.integer], image: Image) -> None:
    if ids.size and int(ids.min()) < 0:
        raise ImageError(f"{image.name} holds the id {ids.min()}: ids are 0 or larger")
