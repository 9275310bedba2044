"""The plan of a prediction: tiles, cores and output chunks, as integers only.

Cores cover the image without overlap and lie on the network's stride grid. A tile is its
core with the context that the network needs, so each core pixel is computed from the very
same input pixels wherever the borders of tiles fall; what lies outside the image is
mirrored. The untiled network is the plan with a single core.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from napari_fcnseg.errors import PlanError
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.nets.geometry import AxisGeometry

DEFAULT_TILE = 1024
ALIGNMENT = 64  # cores of whole 64 pixels have room for the levels of a pyramid
ALONG = AxisGeometry()  # an axis that the network does not see: one position at a time


@dataclass(frozen=True)
class Tile:
    """One run of the network.

    Attributes
    ----------
    core
        What is kept, ``((start, stop), ...)`` in the image.
    source
        What the network sees, in the image; may reach beyond it.
    crop
        Where the core lies in the network's output.
    """

    core: Spans
    source: Spans
    crop: tuple[slice, ...]


@dataclass(frozen=True)
class Plan:
    """Tiles of one prediction; a sequence that is computed, not stored.

    Attributes
    ----------
    axes, shape
        Of the output, without classes.
    geometry
        Of the network along each axis; axes it does not see are gone through one by one.
    core
        Size of a core along each axis, and of an output chunk. Cores at the far end may
        be smaller.
    """

    axes: str
    shape: tuple[int, ...]
    geometry: tuple[AxisGeometry, ...]
    core: tuple[int, ...]

    @cached_property
    def cores(self) -> Grid:
        """Grid of the cores."""
        return Grid(self.shape, self.core)

    def __len__(self) -> int:
        return len(self.cores)

    def __getitem__(self, index: int) -> Tile:
        core, source, crop = self.cores[index], [], []
        for (start, stop), axis in zip(core, self.geometry, strict=True):
            cells = -(-(stop - start) // axis.stride) * axis.stride
            before, after = axis.context(cells)
            source.append((start - before, start + cells + after))
            offset = before - axis.margin
            crop.append(slice(offset, offset + stop - start))
        return Tile(core, tuple(source), tuple(crop))

    def __iter__(self) -> Iterator[Tile]:
        return (self[i] for i in range(len(self)))

    @property
    def overhead(self) -> float:
        """Input pixels that a full tile computes for each pixel of its core."""
        sizes = (sum(a.context(c)) + c for a, c in zip(self.geometry, self.core, strict=True))
        return math.prod(sizes) / math.prod(self.core)


def plan(
    axes: str, shape: Sequence[int], geometry: Sequence[AxisGeometry], tile: int | None = None
) -> Plan:
    """Divide an image into tiles.

    Parameters
    ----------
    axes, shape
        Kept axes of the image and their lengths.
    geometry
        Of the network, along the last axes.
    tile
        Largest edge of a tile in pixels, halo included; by default 1024.

    Raises
    ------
    PlanError
        If a tile of that edge has no room for a core.
    """
    geometry = (ALONG,) * (len(axes) - len(geometry)) + tuple(geometry)
    core = tuple(
        1 if axis is ALONG else _core(n, axis, tile or DEFAULT_TILE, given=tile is not None)
        for n, axis in zip(shape, geometry, strict=True)
    )
    return Plan(axes, tuple(shape), geometry, core)


def _core(n: int, axis: AxisGeometry, tile: int, given: bool) -> int:
    """Core along one axis: as large as the tile allows, and of much the same size for all."""
    whole = _up(n, axis.stride)
    if sum(axis.context(whole)) + whole <= tile:
        return whole
    largest = tile // axis.stride * axis.stride
    while largest > 0 and sum(axis.context(largest)) + largest > tile:
        largest -= axis.stride
    if largest < axis.stride:
        least = sum(axis.context(axis.stride)) + axis.stride
        if given:
            raise PlanError(
                f"a tile of {tile} pixels has no room for the network's halo of {axis.halo} pixels "
                f"on each side; take at least {least}"
            )
        largest = 4 * axis.halo  # a network that sees far: half of the tile is halo
    unit = math.lcm(axis.stride, ALIGNMENT)
    if largest < unit:
        unit = axis.stride
    largest = largest // unit * unit
    return _up(-(-n // -(-n // largest)), unit)


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
