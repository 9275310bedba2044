"""What is done for one tile: read, compute, write."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

import numpy as np

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import Output
from napari_fcnseg.inference.journal import checksum
from napari_fcnseg.inference.mask import Mask
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.runner import Blocks
from napari_fcnseg.inference.target import Target


@dataclass(frozen=True, kw_only=True)
class TileWork(ABC):
    """Reads, computes and writes tiles by their number; from any thread, in any process.

    Sent to another process, it makes there anew what it computes with, at the first tile.

    Attributes
    ----------
    image
        What is segmented.
    targets
        Where it goes.
    mask
        What is to be segmented; by default all.
    sinks
        The opened targets.
    """

    image: Image
    targets: tuple[Target, ...] = ()
    mask: Mask | None = None
    sinks: tuple[Output, ...] = ()
    _lock: Any = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    @abstractmethod
    def tiles(self) -> Plan:
        """The plan."""

    @abstractmethod
    def compute(self, number: int) -> Blocks:
        """Return the pixels of a tile's core, for each target; from any thread."""

    def __call__(self, number: int) -> tuple[int, ...]:
        """Do one tile; return the checksum of what was written to each target."""
        tile, sums = self.tiles[number], []
        for target, sink, found in zip(self.targets, self.sinks, self._found(number), strict=True):
            block = target.arrange(found)
            sink.write(target.spans(tile), block)
            sums.append(checksum(block))
        return tuple(sums)

    def _found(self, number: int) -> Blocks:
        """Return what there is to write, for each target."""
        if self.mask is None:
            return self.compute(number)
        core = self.tiles[number].core
        inside = self.mask.read(core)
        if not inside.any():
            return tuple(t.empty([stop - start for start, stop in core]) for t in self.targets)
        return tuple(np.where(inside, b, b.dtype.type(0)) for b in self.compute(number))

    def __reduce__(self) -> tuple[Any, ...]:
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return partial(type(self), **given), ()
