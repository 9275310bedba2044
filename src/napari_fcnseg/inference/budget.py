"""How large tiles may be for a given amount of memory."""

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

from napari_fcnseg.errors import PlanError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.plan import Plan, Tile, plan
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.geometry import AxisGeometry

DEFAULT = 2**30  # bytes, for network and tiles
ROUNDS = 6
CLOSE = 0.85  # of the budget is near enough
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def parse_memory(text: str) -> int:
    """Bytes of ``"2GB"``, ``"1500 MB"`` or ``"2GiB"``.

    Raises
    ------
    PlanError
        If it is no amount of memory.
    """
    match = re.fullmatch(r"\s*([\d.]+)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    try:
        assert match
        number, unit = float(match[1]), match[2].upper()
    except (AssertionError, ValueError) as error:
        raise PlanError(f"{text!r} is no amount of memory; say for example 2GB") from error
    size = 1024 ** "KMGT".find(unit) * 1024 if match[3] and unit else UNITS[unit]
    return int(number * size)


def tile_memory(net: SegmentationNet, tile: Tile) -> int:
    """Bytes for weights and activations of one tile."""
    size = [stop - start for start, stop in tile.source[-net.ndim :]]
    return net.tile_memory(size, tile.crop[-net.ndim :])


def plan_within(net: SegmentationNet, budget: int, make_plan: Callable[[int | None], Plan]) -> Plan:
    """Return the plan with the largest tiles for which the network keeps to its budget.

    Parameters
    ----------
    net
        Runs the tiles, one at a time.
    budget
        Bytes.
    make_plan
        Makes a plan whose tiles have at most so many pixels.

    Raises
    ------
    PlanError
        If the smallest tile takes more.
    """
    tiles, best = make_plan(None), None
    for _ in range(ROUNDS):
        largest = tiles.largest
        used = tile_memory(net, largest)
        if used <= budget:
            grown = best is None or tiles.core != best.core
            best = tiles
            if not grown or used >= CLOSE * budget:
                break
        pixels = math.prod(stop - start for start, stop in largest.source[-net.ndim :])
        tiles = make_plan(max(1, int(0.97 * pixels * budget / used)))
    if best is None:
        raise PlanError(
            f"{budget / 1e6:,.0f} MB of memory are too little for this network: even small tiles "
            f"take {used / 1e6:,.0f} MB. Allow more (memory=, --memory), or take a smaller network"
        )
    return best


def make_plan(
    net: SegmentationNet,
    geometry: Sequence[AxisGeometry],
    image: Image,
    tile: int | None = None,
    region: Spans | None = None,
    memory: int | str | None = None,
) -> Plan:
    """Plan the prediction of an image.

    Parameters
    ----------
    net
        Runs the tiles.
    geometry
        Of the network, as it is used.
    image, tile, region, memory
        As in `napari_fcnseg.predict`.
    """
    budget = DEFAULT if memory is None else memory
    budget = parse_memory(budget) if isinstance(budget, str) else budget
    planned = partial(plan, image.kept, image.kept_shape, geometry)
    if tile is not None:
        return planned(tile, region)
    return plan_within(net, budget, lambda pixels: planned(None, region, pixels))
