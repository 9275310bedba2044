"""What to do when a tile is too large for the memory that there is."""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.errors import DeviceError
from napari_fcnseg.inference.plan import Plan, Tile
from napari_fcnseg.inference.runner import Blocks, Pooled, Runner
from napari_fcnseg.nets.device_memory import free_memory, is_out_of_memory


def run_in_memory(
    runner: Runner, tiles: Plan, tile: Tile, pixels: NDArray[np.generic], context: Pooled
) -> Blocks:
    """Run a tile; halved, and halved again, where it needs more memory than there is.

    The halves give the same pixels. What was too large once is not tried again.

    Parameters
    ----------
    runner
        Runs the tile.
    tiles
        The plan that the tile is of.
    tile, pixels, context
        As `Runner.__call__`.

    Raises
    ------
    DeviceError
        If even a single cell is too large.
    """
    size = math.prod(stop - start for start, stop in tile.source)
    if size < runner.too_large:
        try:
            return runner(pixels, tile, context)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            runner.too_large = min(size, runner.too_large)
        free_memory(runner.device)
    halves = tiles.halves(tile)
    if halves is None:
        raise DeviceError(
            f"{runner.device} has not enough memory for this network, even for its smallest tile: "
            "close what else uses it, take another device, or a smaller network"
        )
    found = [run_in_memory(runner, tiles, h, _part(pixels, tile, h), context) for h in halves]
    axis = next(i for i, span in enumerate(halves[0].core) if span != tile.core[i])
    return tuple(np.concatenate(parts, axis - len(tile.core)) for parts in zip(*found, strict=True))


def _part(pixels: NDArray[np.generic], tile: Tile, part: Tile) -> NDArray[np.generic]:
    """Pixels of a part of a tile."""
    along = zip(part.source, tile.source, strict=True)
    inside = [slice(a - first, b - first) for (a, b), (first, _) in along]
    return pixels[(slice(None), *inside)]
