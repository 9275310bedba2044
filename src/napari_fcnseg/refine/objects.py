"""From classes to objects with ids of their own, in images of any size."""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, ObjectsFound, Steps
from napari_fcnseg.images.create import check_output, create_output
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import OutputSpec, choose_mode
from napari_fcnseg.refine.components import IDS, Components, PartLabeller
from napari_fcnseg.refine.grow import grow

EDGE, DEPTH = 512, 32  # pixels of a block along Y and X, and along Z where objects cross slices


@dataclass(frozen=True)
class Seeds:
    """Where objects begin, and how far they grow from there.

    Attributes
    ----------
    image
        What is read.
    seeds
        From pixels ``(C, ...)`` to the classes of seeds; pixels of one class that touch are one.
    foreground
        From pixels to where objects may grow; ``None``: they do not.
    rounds
        How many pixels they grow, see `grow`.
    """

    image: Image
    seeds: Callable[[NDArray[Any]], NDArray[np.integer]]
    foreground: Callable[[NDArray[Any]], NDArray[np.bool_]] | None = None
    rounds: int = 0

    def read(self, spans: Spans) -> NDArray[np.integer]:
        """Classes of the seeds in a window."""
        found: NDArray[np.integer] = self.seeds(self.image.read(spans))
        return found

    def grown(
        self, parts: Any, found: Components, spans: Spans, along: Sequence[bool]
    ) -> NDArray[np.int64]:
        """Numbers of the objects in a window, from those of the parts of seeds."""
        around = tuple(
            (max(0, a - self.rounds), min(b + self.rounds, n)) if across else (a, b)
            for (a, b), n, across in zip(spans, self.image.kept_shape, along, strict=True)
        )
        seeds: NDArray[np.int64] = found.of_part[np.asarray(parts[_region(around)])]
        if self.foreground is None:
            return seeds
        grown = grow(seeds, self.foreground(self.image.read(around)), self.rounds, along)
        return grown[_region((a - c, b - c) for (a, b), (c, _) in zip(spans, around, strict=True))]


def label_objects(
    labels: Any,
    out: str | Path | None = None,
    *,
    axes: str | None = None,
    classes: Collection[int] | None = None,
    across: str = "ZYX",
    diagonal: bool = False,
    min_size: int = 0,
    overwrite: bool = False,
) -> Steps[Event]:
    """Give each connected component of each class an id of its own.

    Components are numbered from 1 on by their first pixels, as of the whole image, whatever blocks
    it is read in: the result is that of `skimage.measure.label`.

    Parameters
    ----------
    labels
        Class ids: a path, an array or an `Image`; 0 is background.
    out
        An ``.ome.zarr`` or ``.ome.tif`` for the ids, uint32; by default an array in memory.
    axes
        Of the labels, where they do not say themselves.
    classes
        Ids of those that have objects; by default all.
    across
        Axes that objects reach across: ``"YX"`` for each slice by itself. Never time.
    diagonal
        Whether pixels are connected that touch with an edge or a corner only.
    min_size
        Smaller components, in pixels, are left out.
    overwrite
        Whether an output that is there may be replaced.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each block, and in the end `ObjectsFound`.

    Raises
    ------
    ImageError, OutputError
        At once.
    """
    image = open_image(labels, axes=axes)
    if image.channels > 1 or image.dtype.kind == "f":
        raise ImageError(
            f"{image.name} holds {image.channels} channels of {image.dtype}; objects are made of "
            "class ids. Use split_objects for probabilities"
        )
    wanted = None if classes is None else np.array(sorted(classes))

    def seeds(pixels: NDArray[Any]) -> NDArray[np.integer]:
        ids = pixels[0]
        return ids if wanted is None else np.where(np.isin(ids, wanted), ids, 0)

    return find_objects(Seeds(image, seeds), out, across, diagonal, min_size, overwrite)


def find_objects(
    seeds: Seeds,
    out: str | Path | None,
    across: str,
    diagonal: bool,
    min_size: int,
    overwrite: bool,
) -> Steps[Event]:
    """Label the components of seeds and let them grow; parameters as `label_objects`."""
    image = seeds.image
    path = Path(out) if out is not None else None
    mode = choose_mode(overwrite)
    if path:
        check_output(path, image.path, mode)
    along = tuple(a in across and a != "T" for a in image.kept)
    if not any(along):
        raise ImageError(
            f"across = {across!r} names no axis of {image.name}, which has {image.kept}"
        )
    return Steps(_run(seeds, path, along, diagonal, min_size, overwrite))


def _run(
    seeds: Seeds,
    path: Path | None,
    along: tuple[bool, ...],
    diagonal: bool,
    min_size: int,
    overwrite: bool,
) -> Generator[Event, None, None]:
    began, shape = time.monotonic(), seeds.image.kept_shape
    deep = len(along) > 2 and along[-3]
    steps = (*[1] * (len(shape) - 3), *([DEPTH if deep else 1] * (len(shape) > 2)), EDGE, EDGE)
    grid = Grid(shape, steps)
    with _scratch(path, shape, steps) as parts:
        labeller = PartLabeller(seeds.read, parts, shape, along, diagonal)
        labelling = labeller.label(grid)
        while True:
            try:
                yield BlockDone("label", next(labelling) + 1, 2 * len(grid))
            except StopIteration as end:
                found: Components = end.value
                break
        if min_size:
            found = found.keep(found.sizes >= min_size)
        spec = _spec(seeds.image, steps, found.count)
        output = create_output(path, spec, choose_mode(overwrite)) if path else None
        whole = None if output else np.zeros(shape, IDS)
        for number, spans in enumerate(grid, 1):
            block = seeds.grown(parts, found, spans, along).astype(IDS)
            if output:
                output.write(spans, block)
            if whole is not None:
                whole[_region(spans)] = block
            yield BlockDone("label", len(grid) + number, 2 * len(grid))
        if output:
            output.finish()
    yield ObjectsFound(
        path, whole, found.count, found.sizes[1:], found.values[1:], time.monotonic() - began
    )


@contextmanager
def _scratch(path: Path | None, shape: Sequence[int], steps: Sequence[int]) -> Iterator[Any]:
    """Array for the numbers of parts, beside the output or in memory."""
    if path is None:
        yield np.zeros(shape, IDS)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f".{path.name}.parts", dir=path.parent)
    try:
        yield zarr.create_array(folder, shape=tuple(shape), chunks=tuple(steps), dtype=IDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _spec(image: Image, steps: tuple[int, ...], count: int) -> OutputSpec:
    scale, units = image.along(image.kept)
    return OutputSpec(
        axes=image.kept,
        shape=image.kept_shape,
        dtype=IDS,
        block=steps,
        scale=scale,
        units=units,
        origin=(0,) * len(steps),
        name=f"{image.name} objects",
        image_label={"colors": [], "properties": []},
        provenance={
            "version": version("napari-fcnseg"),
            "image": image.name,
            "kind": "objects",
            "objects": count,
        },
    )


def _region(spans: Any) -> tuple[slice, ...]:
    return tuple(slice(*span) for span in spans)
