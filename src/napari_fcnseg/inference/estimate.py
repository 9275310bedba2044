"""What a prediction is going to cost, from one tile that is measured."""

import math
import time
import zlib
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.events import Event
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.budget import tile_memory
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.encode import Kind, check_kind
from napari_fcnseg.inference.members import Models, as_models, check_opinions, plan_members
from napari_fcnseg.inference.runner import Precision, Runner
from napari_fcnseg.inference.views import Augment

PYRAMID = 4 / 3  # of the finest level


@dataclass(frozen=True)
class Estimate(Event):
    """What a prediction is going to cost.

    Attributes
    ----------
    tiles
        How many there are.
    tile, core
        Size of the largest, and of what is kept of it, along the axes of the output.
    halo
        Pixels that the network needs around a core, along each axis.
    overhead
        Input pixels for each pixel of a core.
    memory
        Bytes for the network and its activations.
    disk
        Bytes of the output, if all of it compresses as the measured tile does.
    seconds
        Wall time, if all tiles take as long as the measured one.
    device
        Where it was measured.
    """

    tiles: int
    tile: tuple[int, ...]
    core: tuple[int, ...]
    halo: tuple[int, ...]
    overhead: float
    memory: int
    disk: int
    seconds: float
    device: str


def estimate(
    model: Models,
    image: Any,
    *,
    axes: str | None = None,
    output: Kind = "labels",
    tile: int | None = None,
    region: Spans | None = None,
    device: str = "auto",
    memory: int | str | None = None,
    halo: int | None = None,
    context: Context = "slice",
    augment: Augment = "none",
    precision: Precision = "float32",
) -> Estimate:
    """Measure one tile, in the middle, and say what all of them will cost.

    Parameters as `predict`. Nothing is written.
    """
    opened, models = open_image(image, axes=axes), as_models(model)
    check_kind(output)
    check_opinions([output], models, augment)
    members = plan_members(models, opened, tile, region, memory, None, halo, augment, context)
    tiles, taken = members[0].tiles, 0.0
    for member in members:
        runner = Runner(member.model, [output], device, augment, precision)
        largest = member.tiles.largest
        pooled = SliceContext(opened, runner, context)(largest.core)
        for _ in range(2):  # the first one warms up
            began = time.perf_counter()
            (block,) = runner(opened.read(largest.source), largest, pooled)
            elapsed = time.perf_counter() - began
        taken += elapsed
    largest = tiles.largest
    share = math.prod(tiles.shape) / math.prod(b - a for a, b in largest.core)
    compressed = len(zlib.compress(block.tobytes(), 1))
    return Estimate(
        tiles=len(tiles),
        tile=tuple(b - a for a, b in largest.source),
        core=tuple(b - a for a, b in largest.core),
        halo=tuple(axis.halo for axis in tiles.geometry),
        overhead=round(tiles.overhead, 3),
        memory=max(tile_memory(m.model.net, m.tiles.largest) for m in members),
        disk=int(share * compressed * PYRAMID),
        seconds=share * taken,
        device=str(runner.device),
    )
