"""Reads a segmentation as it is after the steps that look at each plane."""

from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass, default_class
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.full_scale import full_scale
from napari_fcnseg.images.grid import Spans, inside, widen
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.local import Local

SURE = 0.9  # probability that a class id stands for, where no probabilities are given


class LocalReader:
    """Reads classes after the local steps."""

    def __init__(
        self,
        found: Image,
        seen: Image | None,
        local: Local,
        device: torch.device,
        classes: Collection[SegClass],
    ) -> None:
        self.found, self._seen, self.local, self._device = found, seen, local, device
        self.classes = _classes_of(found, classes or known_classes(found.path))
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


def _classes_of(found: Image, known: Collection[SegClass]) -> list[SegClass]:
    """Classes of the channels, or those that occur."""
    if found.channels > 1:
        if known and len(known) != found.channels:
            raise ImageError(
                f"{found.name} has {found.channels} channels, but remembers {len(known)} classes"
            )
        return list(known) or [default_class(i + 1) for i in range(found.channels)]
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
