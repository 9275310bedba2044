"""How much of each class there is: in each slice and in the whole, in pixels and units."""

import time
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import MAX_ID, Classes, SegClass
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.annotations.value_names import Unpainted, ValueNames
from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, Measured, Steps
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.refine.lengths import UNKNOWN, Lengths
from napari_fcnseg.refine.table import Table

EDGE = 2048  # of the blocks that are read


def measure_classes(
    labels: Any,
    *,
    axes: str | None = None,
    classes: Classes = None,
    unpainted: Unpainted = "ignore",
) -> Steps[Event]:
    """Measure the area of each class in each plane, and its volume in the whole image.

    Parameters
    ----------
    labels
        Class ids: a path, an array or an `Image` of any size.
    axes
        Of the labels, where they do not say themselves.
    classes
        Names of the ids; by default those that a prediction remembers.
    unpainted
        ``"ignore"``: pixels that are 0 are of no class and not part of the whole;
        ``"background"``: they are a class.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each block, and in the end `Measured`. Its table has
        a row for each class of each plane, then one for each class of the whole image: position of
        the plane, class, its pixels, their share of all classes, and area or volume in the
        image's unit.

    Raises
    ------
    ImageError
        At once if they are no class ids, in the middle for an id that no class can have.
    """
    image = open_image(labels, axes=axes)
    if image.channels > 1 or image.dtype.kind == "f":
        raise ImageError(
            f"{image.name} holds {image.channels} channels of {image.dtype}: class ids are needed, "
            "one whole number for each pixel"
        )
    return Steps(_run(image, ValueNames.of(classes, unpainted)))


def _run(image: Image, meaning: ValueNames) -> Generator[Event, None, None]:
    began, grid = time.monotonic(), image.blocks(EDGE)
    planes: dict[Plane, NDArray[np.int64]] = {}
    for done, spans in enumerate(grid, 1):
        ids = image.read(spans)[0]
        if int(ids.min()) < 0 or int(ids.max()) > MAX_ID:
            raise ImageError(
                f"{image.name} holds ids of {ids.min()} to {ids.max()}; classes go from 0 to 255. "
                "If each object has its own id, measure objects"
            )
        plane = tuple(start for start, _ in spans[:-2])
        counts = np.bincount(ids.ravel().astype(np.uint8), minlength=MAX_ID + 1)
        planes[plane] = planes.get(plane, 0) + counts
        yield BlockDone("measure", done, len(grid))
    total = np.sum(list(planes.values()), axis=0)
    values = [int(v) for v in np.flatnonzero(total) if v or meaning.zero_counts]
    named = meaning.of_values(values, image.name)
    if meaning.named is None:
        known = {c.id: c for c in known_classes(image.path)}
        named = {v: known.get(v, c) for v, c in named.items()}
    yield Measured(_table(image, planes, total, named), time.monotonic() - began)


def _table(
    image: Image,
    planes: dict[Plane, NDArray[np.int64]],
    total: NDArray[np.int64],
    named: dict[int, SegClass],
) -> Table:
    lengths, leading = Lengths.of(image), image.kept[:-2]
    stack = "Z" in image.kept
    rows: list[list[Any]] = []
    scopes = (
        [*sorted(planes.items()), ((None,) * len(leading), total)] if leading else [((), total)]
    )
    for plane, counts in scopes:
        whole = max(1, sum(int(counts[v]) for v in named))
        for value, c in sorted(named.items()):
            pixels = int(counts[value])
            row = [*plane, c.id, c.name, pixels, pixels / whole]
            if lengths.known:
                in_plane = not leading or plane[0] is not None
                row.append(pixels * lengths.area if in_plane else None)
                if stack:
                    row.append(pixels * lengths.volume)
            rows.append(row)
    names = [*leading, "id", "class", "pixels", "fraction"]
    if lengths.known:
        names += [f"area ({lengths.unit}²)", *([f"volume ({lengths.unit}³)"] if stack else [])]
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    return Table(columns, () if lengths.known else (UNKNOWN.format(image.name),))
