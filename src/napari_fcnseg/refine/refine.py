"""Better edges and no crumbs: refine a segmentation of any size, block by block."""

import time
from collections.abc import Collection, Generator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from napari_fcnseg.annotations.classes import SegClass, ngff_label
from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, Refined, Steps
from napari_fcnseg.images.create import Sink, check_output
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import choose_mode
from napari_fcnseg.nets.device import choose_device
from napari_fcnseg.refine.crf import Crf
from napari_fcnseg.refine.islands import remove_islands
from napari_fcnseg.refine.local import Local
from napari_fcnseg.refine.local_reader import LocalReader
from napari_fcnseg.refine.parts import Blocks, scratch

LABEL = np.dtype(np.uint8)


def refine(
    found: Any,
    out: str | Path | None = None,
    *,
    image: Any = None,
    axes: str | None = None,
    crf: Crf | None = None,
    smooth: float = 0.0,
    thresholds: Mapping[int, float] | None = None,
    min_size: int = 0,
    islands: Collection[int] = (),
    across: str = "ZYX",
    classes: Collection[SegClass] = (),
    device: str = "auto",
    overwrite: bool = False,
) -> Steps[Event]:
    """Refine a segmentation: CRF, smoothing, thresholds, then small objects and holes.

    CRF and smoothing look at each plane; any blocks give what the whole would give.

    Parameters
    ----------
    found
        Probabilities of the classes along C, or class ids: a path, an array or an `Image`. An id
        counts as a probability of 0.9.
    out
        An ``.ome.zarr`` or ``.ome.tif`` for class ids, uint8; by default an array in memory.
    image
        What was segmented; the CRF needs it.
    axes
        Of `found`, where they do not say themselves.
    crf, smooth, thresholds
        See `Local`.
    min_size
        Islands of fewer pixels take the class around them, see `remove_islands`; 0: all stay.
    islands
        Ids of the classes whose islands are removed; by default all.
    across
        Axes that islands reach across, as in `label_objects`.
    classes
        Names and colours of class ids; by default those that the file remembers.
    device
        Where the CRF is computed.
    overwrite
        Whether an output that is there may be replaced.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each block, and in the end `Refined`.

    Raises
    ------
    ImageError, OutputError, RecipeError
        At once.
    """
    opened = open_image(found, axes=axes)
    seen = None if image is None else open_image(image)
    if crf and seen is None:
        raise ImageError("a CRF looks at the image that was segmented: give it, image= (--image)")
    if seen and seen.kept_shape != opened.kept_shape:
        raise ImageError(
            f"{seen.name} is {seen.kept} {seen.kept_shape}, but {opened.name} is {opened.kept} "
            f"{opened.kept_shape}: give the image that was segmented"
        )
    path = Path(out) if out is not None else None
    if path:
        check_output(path, opened.path, choose_mode(overwrite))
    local = Local(crf.of(seen) if crf and seen else crf, smooth, thresholds or {})
    work = LocalReader(opened, seen, local, choose_device(device), classes)
    blocks = Blocks.of(opened, across)
    return Steps(_run(work, path, blocks, min_size, islands, overwrite))


def _run(
    work: LocalReader,
    path: Path | None,
    blocks: Blocks,
    min_size: int,
    islands: Collection[int],
    overwrite: bool,
) -> Generator[Event, None, None]:
    began, local = time.monotonic(), work.local
    made = {
        "version": version("napari-fcnseg"),
        "image": work.found.name,
        "kind": "labels",
        "classes": [{"id": c.id, "name": c.name} for c in work.classes],
        "refined": {
            "crf": local.crf and asdict(local.crf),
            "smooth": local.smooth,
            "thresholds": {str(k): v for k, v in local.thresholds.items()},
            "min_size": min_size,
        },
    }
    label = ngff_label(work.classes)
    with Sink(path, work.found, blocks.grid.steps, LABEL, label, made, overwrite) as sink:
        if min_size:
            with scratch(path, blocks) as parts:
                yield from remove_islands(work.read, parts, blocks, sink, min_size, islands)
        else:
            for number, spans in enumerate(blocks.grid, 1):
                sink.write(spans, work.read(spans))
                yield BlockDone("refine", number, len(blocks.grid))
    yield Refined(path, sink.array, tuple(work.classes), time.monotonic() - began)
