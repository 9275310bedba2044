"""What a prediction is going to cost, from one tile that is measured."""

import math
import time
import zlib
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.encode import Kind, check_kind
from napari_fcnseg.inference.members import Models, as_models, check_opinions, plan_members
from napari_fcnseg.inference.outlook import PYRAMID, Outlook, planned
from napari_fcnseg.inference.runner import Precision, Runner
from napari_fcnseg.inference.views import Augment


@dataclass(frozen=True)
class Estimate(Outlook):
    """What a prediction is going to cost, if all of it is as the measured tile is.

    Attributes
    ----------
    seconds
        Wall time.
    device
        Where it was measured.
    """

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

    Returns
    -------
    Estimate
        Tiles, seconds, and bytes of memory and disk.

    Raises
    ------
    FcnsegError
        As `predict`.
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
        **planned(members),
        disk=int(share * compressed * PYRAMID),
        seconds=share * taken,
        device=str(runner.device),
    )
