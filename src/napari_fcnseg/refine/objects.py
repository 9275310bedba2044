"""From classes to objects with ids of their own, in images of any size."""

import time
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, ObjectsFound, Steps
from napari_fcnseg.images.create import Sink, check_output
from napari_fcnseg.images.grid import Spans, inside
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import choose_mode
from napari_fcnseg.refine.components import IDS, Components
from napari_fcnseg.refine.grow import grow
from napari_fcnseg.refine.parts import Blocks, label_parts, read_parts, scratch


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
        self, parts: Any, found: Components, spans: Spans, blocks: Blocks
    ) -> NDArray[np.int64]:
        """Numbers of the objects in a window, from those of the parts of seeds."""
        around = blocks.around(spans, self.rounds)
        seeds: NDArray[np.int64] = found.of_part[read_parts(parts, around)]
        if self.foreground is None:
            return seeds
        foreground = self.foreground(self.image.read(around))
        grown = grow(seeds, foreground, self.rounds, blocks.along)
        return grown[inside(spans, around)]


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
    path = Path(out) if out is not None else None
    if path:
        check_output(path, seeds.image.path, choose_mode(overwrite))
    blocks = Blocks.of(seeds.image, across)
    return Steps(_run(seeds, path, blocks, diagonal, min_size, overwrite))


def _run(
    seeds: Seeds,
    path: Path | None,
    blocks: Blocks,
    diagonal: bool,
    min_size: int,
    overwrite: bool,
) -> Generator[Event, None, None]:
    began, total = time.monotonic(), 2 * len(blocks.grid)
    with scratch(path, blocks) as parts:
        found = yield from label_parts(seeds.read, parts, blocks, diagonal, "label", total)
        if min_size:
            found = found.keep(found.sizes >= min_size)
        made: dict[str, Any] = {"version": version("napari-fcnseg"), "image": seeds.image.name}
        made |= {"kind": "objects", "objects": found.count}
        with Sink(path, seeds.image, blocks.grid.steps, IDS, {}, made, overwrite) as sink:
            for number, spans in enumerate(blocks.grid, len(blocks.grid) + 1):
                sink.write(spans, seeds.grown(parts, found, spans, blocks))
                yield BlockDone("label", number, total)
    sizes, classes = found.sizes[1:], found.values[1:]
    yield ObjectsFound(path, sink.array, found.count, sizes, classes, time.monotonic() - began)
