"""Tiles through one or more networks."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from napari_fcnseg.inference.backoff import run_in_memory
from napari_fcnseg.inference.blank import Blanks
from napari_fcnseg.inference.blend import Blender
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.encode import OPINIONS, encode, has_opinions, leading
from napari_fcnseg.inference.members import Member
from napari_fcnseg.inference.plan import Plan, Tile
from napari_fcnseg.inference.runner import Blocks, Runner
from napari_fcnseg.inference.tile_work import TileWork


@dataclass(frozen=True, kw_only=True)
class ModelWork(TileWork):
    """Tiles through the networks of models; the mean of their probabilities decides.

    In another process it builds runners of its own.
    """

    members: tuple[Member, ...]
    device: str = "auto"
    context: Context = "slice"
    augment: str = "none"
    precision: str = "float32"

    @property
    def tiles(self) -> Plan:
        """The plan."""
        return self.members[0].tiles

    def compute(self, number: int) -> Blocks:
        """Run a tile through all members; of several, or of blended tiles, keep the mean."""
        with self._lock:
            runs = self._runs
        if not self._mixed:
            return runs[0](number)
        shares = [run(number)[0] for run in runs]
        mean = torch.from_numpy(sum(shares[1:], shares[0]) / np.float32(len(shares)))
        classes = self.members[0].model.classes
        return tuple(encode(mean, t.kind, classes, logits=False) for t in self.targets)

    @property
    def _mixed(self) -> bool:
        return len(self.members) > 1 or bool(self.tiles.fade)

    @cached_property
    def _runs(self) -> tuple[Callable[[int], Blocks], ...]:
        kinds = [t.kind for t in self.targets]
        if self._mixed:
            kinds = [OPINIONS if any(map(has_opinions, kinds)) else "probabilities"]
        turn = threading.Lock()  # one at a time, or they would need the memory of all
        return tuple(self._make_run(member, kinds, turn) for member in self.members)

    def _make_run(
        self, member: Member, kinds: list[str], turn: AbstractContextManager[Any]
    ) -> Callable[[int], Blocks]:
        runner = Runner(member.model, kinds, self.device, self.augment, self.precision, turn)
        contexts = SliceContext(self.image, runner, self.context)
        blanks, tiles = Blanks(), member.tiles

        def run(tile: Tile) -> Blocks:
            pixels, pooled = self.image.read(tile.source), contexts(tile.core)
            compute = partial(run_in_memory, runner, tiles, tile, pixels, pooled)
            # Of a network that pools, equal tiles differ from slice to slice.
            return compute() if pooled else blanks(pixels, tile, compute)

        if not tiles.fade:
            return lambda number: run(tiles[number])
        (rows,) = leading(kinds[0], len(member.model.classes))
        blend = Blender(tiles, rows, lambda tile: run(tile)[0])
        return lambda number: (blend(number),)
