"""Blobs of a whole image as a table."""

import time
from collections import defaultdict
from collections.abc import Generator
from typing import Any

from napari_fcnseg.classical.methods import classical_method
from napari_fcnseg.events import BlockDone, Event, Measured, Steps
from napari_fcnseg.images.grid import Grid
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.refine.lengths import UNKNOWN, Lengths
from napari_fcnseg.refine.table import Table


def find_blobs(image: Any, *, axes: str | None = None, **options: Any) -> Steps[Event]:
    """Find bright or dark blobs in each plane.

    Parameters
    ----------
    image
        Anything that `open_image` takes.
    axes
        Of the image, where it does not say itself.
    **options
        See `Blobs`: ``min_radius``, ``max_radius``, ``threshold``, ``overlap``, ``dark``,
        ``channel``.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each plane, and in the end `Measured`. Its table has a
        row for each blob: plane (``T``, ``Z``), ``Y``, ``X`` and ``radius (px)``; where the image
        tells a unit of length ``Y``, ``X`` and ``radius`` in it, too, the radius of the disc of the
        same area. ``table.to_csv(path)`` writes it.

    Raises
    ------
    FcnsegError
        At once if the image cannot be opened, or an option is not known or out of bounds.
    """
    opened = open_image(image, axes=axes)
    return Steps(_run(opened, classical_method("blobs", opened, **options)))


def _run(image: Image, method: Any) -> Generator[Event, None, None]:
    began, lengths = time.monotonic(), Lengths.of(image)
    shape, leading = image.kept_shape, image.kept[:-2]
    planes = Grid(shape, (*[1] * len(leading), *shape[-2:]))
    columns: dict[str, list[Any]] = defaultdict(list)
    for done, spans in enumerate(planes, 1):
        pixels = image.read(spans).reshape(image.channels, *shape[-2:])
        for y, x, radius in method.find(pixels).tolist():
            row = {a: start for a, (start, _) in zip(leading, spans, strict=False)}
            row |= {"Y": y, "X": x, "radius (px)": radius}
            if lengths.known:
                row[f"Y ({lengths.unit})"] = y * lengths.steps["Y"]
                row[f"X ({lengths.unit})"] = x * lengths.steps["X"]
                row[f"radius ({lengths.unit})"] = radius * lengths.area**0.5
            for name, value in row.items():
                columns[name].append(value)
        yield BlockDone("blobs", done, len(planes))
    notes = () if lengths.known else (UNKNOWN.format(image.name),)
    yield Measured(Table(dict(columns), notes), time.monotonic() - began)
