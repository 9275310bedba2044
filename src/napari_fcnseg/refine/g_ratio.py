"""Axons and their myelin: g-ratios."""

import math
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, Measured, Steps
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.refine.lengths import UNKNOWN, Lengths
from napari_fcnseg.refine.moments import Moments
from napari_fcnseg.refine.objects import Seeds, find_objects
from napari_fcnseg.refine.table import Table

EDGE = 1024
ROUNDS = 64  # pixels of myelin around an axon, at most
MIN_SIZE = 30  # pixels of an axon, at least


def measure_g_ratios(
    labels: Any,
    axon: int,
    myelin: int,
    *,
    axes: str | None = None,
    rounds: int = ROUNDS,
    min_size: int = MIN_SIZE,
) -> Steps[Event]:
    """Measure each axon and the myelin around it, slice by slice.

    Axons are the connected components of their class. Myelin belongs to the axon that is nearest
    through myelin, see `grow`. The g-ratio is that of the diameters of axon and fibre, each of the
    circle with the same area: ``sqrt(axon / (axon + myelin))``.

    Parameters
    ----------
    labels
        Class ids ``(Y, X)`` or of a stack: a path, an array or an `Image`.
    axon, myelin
        Ids of the two classes.
    axes
        Of the labels, where they do not say themselves.
    rounds
        Pixels that the myelin of an axon reaches, at most.
    min_size
        Components with fewer pixels are no axons.

    Returns
    -------
    Steps
        Iterate to run it; in the end `Measured`. A row for each axon: its plane and center, areas
        and diameters of axon and fibre, g-ratio, and whether it is ``cut`` by the image's border.
        Axons without myelin have no g-ratio.

    Raises
    ------
    ImageError
        At once if they are no class ids.
    """
    image = open_image(labels, axes=axes)
    if image.channels > 1 or image.dtype.kind == "f":
        raise ImageError(
            f"{image.name} holds {image.dtype} in {image.channels} channels, no class ids"
        )

    def seeds(pixels: NDArray[Any]) -> NDArray[np.integer]:
        return np.asarray(pixels[0] == axon, np.uint8)

    def foreground(pixels: NDArray[Any]) -> NDArray[np.bool_]:
        return np.asarray(pixels[0] == myelin)

    rule = Seeds(image, seeds, foreground, rounds)
    return Steps(_run(image, rule, (axon, myelin), min_size))


def _run(
    image: Image, rule: Seeds, ids: tuple[int, int], min_size: int
) -> Generator[Event, None, None]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:  # as large as the image, perhaps
        path = Path(folder) / "fibres.ome.zarr"
        for event in find_objects(rule, path, "YX", False, min_size, False):
            if isinstance(event, BlockDone):
                yield event
        fibres = open_image(path)
        axons, both, plane_of = Moments(2), Moments(2), dict[int, Plane]()
        grid = image.blocks(EDGE)
        for done, spans in enumerate(grid, 1):
            size = [stop - start for start, stop in spans[-2:]]
            here, classes = (a.read(spans).reshape(size) for a in (fibres, image))
            corner = [start for start, _ in spans[-2:]]
            both.add(here, corner)
            axons.add(np.where(classes == ids[0], here, 0), corner)
            plane = tuple(start for start, _ in spans[:-2])
            plane_of |= dict.fromkeys(np.unique(here).tolist(), plane)
            yield BlockDone("measure", done, len(grid))
    axons.finish()
    both.finish()
    yield Measured(_table(image, axons, both, plane_of), time.monotonic() - began)


def _table(image: Image, axons: Moments, fibres: Moments, plane_of: dict[int, Plane]) -> Table:
    lengths = Lengths.of(image)
    unit, height, width = lengths.unit, *image.kept_shape[-2:]
    inner, outer = axons.pixels * lengths.area, fibres.pixels * lengths.area
    cut = (fibres.low == 0).any(1) | (fibres.high == [height, width]).any(1)
    center = axons.sums / axons.pixels[:, None]
    g = np.where(fibres.pixels > axons.pixels, np.sqrt(inner / outer), np.nan)
    planes = [plane_of[i] for i in axons.ids.tolist()]
    columns: dict[str, list[Any]] = {"id": axons.ids.tolist()}
    for i, axis in enumerate(image.kept[:-2]):
        columns[axis] = [plane[i] for plane in planes]
    columns |= {
        "center Y": center[:, 0].tolist(),
        "center X": center[:, 1].tolist(),
        f"axon area ({unit}²)": inner.tolist(),
        f"myelin area ({unit}²)": (outer - inner).tolist(),
        f"axon diameter ({unit})": np.sqrt(4 * inner / math.pi).tolist(),
        f"fibre diameter ({unit})": np.sqrt(4 * outer / math.pi).tolist(),
        "g-ratio": [None if v != v else v for v in g.tolist()],
        "cut": cut.tolist(),
    }
    return Table(columns, () if lengths.known else (UNKNOWN.format(image.name),))
