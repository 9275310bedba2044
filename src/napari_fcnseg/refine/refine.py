"""Better edges and no crumbs: refine a segmentation of any size, block by block."""

import time
from collections.abc import Collection, Generator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass, default_class, ngff_label
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import BlockDone, Event, Refined, Steps
from napari_fcnseg.images.create import Sink, check_output
from napari_fcnseg.images.full_scale import full_scale
from napari_fcnseg.images.grid import Spans, inside, widen
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import choose_mode
from napari_fcnseg.nets.device import choose_device
from napari_fcnseg.refine.crf import Crf
from napari_fcnseg.refine.islands import remove_islands
from napari_fcnseg.refine.local import Local
from napari_fcnseg.refine.parts import Blocks, scratch

LABEL = np.dtype(np.uint8)
SURE = 0.9  # probability that a class id stands for, where no probabilities are given


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
    local = Local(crf, smooth, thresholds or {})
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
    work = _Work(opened, seen, local, choose_device(device))
    blocks = Blocks.of(opened, across)
    return Steps(_run(work, path, blocks, min_size, islands, overwrite))


class _Work:
    """Reads classes after the local steps."""

    def __init__(
        self, found: Image, seen: Image | None, local: Local, device: torch.device
    ) -> None:
        self.found, self._seen, self.local, self._device = found, seen, local, device
        self.classes = _classes_of(found)
        self._ids = [c.id for c in self.classes]

    def read(self, spans: Spans) -> NDArray[np.uint8]:
        """Class ids in a window."""
        planes = [slice(*span) for span in spans[:-2]]
        result = np.empty([b - a for a, b in spans], np.uint8)
        for at in np.ndindex(*[s.stop - s.start for s in planes]):
            plane = tuple((s.start + i, s.start + i + 1) for s, i in zip(planes, at, strict=True))
            result[at] = self._plane((*plane, *spans[-2:]))
        return result

    def _plane(self, spans: Spans) -> NDArray[np.uint8]:
        halo = [self.local.halo] * 2
        wide = (*spans[:-2], *widen(spans[-2:], self.found.kept_shape[-2:], halo))
        size = [b - a for a, b in wide[-2:]]
        shares = self._shares(wide).reshape(len(self._ids), *size)
        pixels = None
        if self._seen and self.local.crf:
            pixels = self._seen.read(wide).reshape(self._seen.channels, *size)
        found = self.local.classes(shares, pixels, self._ids, self._device)
        return found[inside(spans[-2:], wide[-2:])]

    def _shares(self, spans: Spans) -> NDArray[np.float32]:
        values = self.found.read(spans)
        if self.found.channels > 1:
            return values.astype(np.float32) / np.float32(full_scale(values.dtype))
        rest = (1 - SURE) / max(1, len(self._ids) - 1)
        return np.stack([np.where(values[0] == i, SURE, rest) for i in self._ids]).astype("f4")


def _classes_of(found: Image) -> list[SegClass]:
    """Classes of the channels, or those that occur."""
    known = known_classes(found.path)
    if found.channels > 1:
        if known and len(known) != found.channels:
            raise ImageError(
                f"{found.name} has {found.channels} channels, but remembers {len(known)} classes"
            )
        return known or [default_class(i + 1) for i in range(found.channels)]
    if found.dtype.kind == "f":
        raise ImageError(
            f"{found.name} holds {found.dtype} in one channel: give class ids, or probabilities of "
            "all classes along C"
        )
    there = np.zeros(256, bool)
    for spans in found.blocks(2048):
        ids = found.read(spans)
        if int(ids.min()) < 0 or int(ids.max()) > 255:
            raise ImageError(f"{found.name} holds ids beyond 0 to 255, which are no class ids")
        there[ids.ravel().astype(np.intp)] = True
    names = {c.id: c for c in known}
    return [
        names.get(i) or default_class(i, "" if i else "background")
        for i in np.flatnonzero(there).tolist()
    ]


def _run(
    work: _Work,
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
