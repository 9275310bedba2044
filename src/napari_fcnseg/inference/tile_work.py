"""What is done for one tile: read, compute, write."""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import Output
from napari_fcnseg.inference.backoff import run_in_memory
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.journal import checksum
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.runner import Kind, Runner
from napari_fcnseg.inference.target import Target
from napari_fcnseg.models.model import Model


@dataclass(frozen=True)
class TileWork:
    """Reads, computes and writes tiles by their number; from any thread, in any process.

    Sent to another process, it builds a runner of its own there, at the first tile.
    """

    model: Model
    image: Image
    tiles: Plan
    target: Target
    kind: Kind
    device: str
    context: Context
    sink: Output | None = None
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def _tools(self) -> tuple[Runner, SliceContext]:
        runner = Runner(self.model, self.kind, self.device)
        return runner, SliceContext(self.image, runner, self.context)

    def __call__(self, number: int) -> int:
        """Do one tile; return the checksum of what was written."""
        tile = self.tiles[number]
        pixels = self.image.read(tile.source)
        with self._lock:
            runner, contexts = self._tools
        found = run_in_memory(runner, self.tiles, tile, pixels, contexts(tile.core))
        block = self.target.arrange(found)
        assert self.sink is not None
        self.sink.write(self.target.spans(tile), block)
        return checksum(block)

    def __reduce__(self) -> tuple[Any, ...]:
        return TileWork, (
            self.model, self.image, self.tiles, self.target,
            self.kind, self.device, self.context, self.sink,
        )  # fmt: skip
