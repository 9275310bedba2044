"""What a prediction will be like, planned without running any of it."""

import math
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.events import Event
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.budget import tile_memory
from napari_fcnseg.inference.members import Member, Models, as_models, plan_members

PYRAMID = 4 / 3  # of the finest level


@dataclass(frozen=True)
class Outlook(Event):
    """What a prediction will be like.

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
        Bytes of the output.
    """

    tiles: int
    tile: tuple[int, ...]
    core: tuple[int, ...]
    halo: tuple[int, ...]
    overhead: float
    memory: int
    disk: int


def look_ahead(
    model: Models,
    image: Any,
    *,
    axes: str | None = None,
    region: Spans | None = None,
    memory: int | str | None = None,
) -> Outlook:
    """Plan a prediction of labels; no network is run, and ``disk`` is what they take at most.

    Parameters as `predict`.

    Returns
    -------
    Outlook
        Tiles, their size in pixels, and bytes of memory and disk.

    Raises
    ------
    FcnsegError
        As `predict`.
    """
    members = plan_members(as_models(model), open_image(image, axes=axes), None, region, memory)
    pixels = math.prod(members[0].tiles.shape)
    return Outlook(**planned(members), disk=int(pixels * PYRAMID))


def planned(members: tuple[Member, ...]) -> dict[str, Any]:
    """Return of an `Outlook` what the plan alone says."""
    tiles = members[0].tiles
    largest = tiles.largest
    return {
        "tiles": len(tiles),
        "tile": tuple(b - a for a, b in largest.source),
        "core": tuple(b - a for a, b in largest.core),
        "halo": tuple(axis.halo for axis in tiles.geometry),
        "overhead": round(tiles.overhead, 3),
        "memory": max(tile_memory(m.model.net, m.tiles.largest) for m in members),
    }
