"""The plan of a prediction: tiles, cores and output chunks, as integers only.

Cores cover the image without overlap. A tile is its core, taken outwards to the network's
stride grid, with the context that the network needs. So each core pixel is computed from
the very same input pixels wherever the borders of tiles fall; what lies outside the image
is mirrored. The untiled network is the plan with a single core, and the prediction of a
region is a part of the prediction of the whole.

A same-padded network sees at most 128 mirrored pixels and then zeros, in every tile at the
same place: one that sees 1800 pixels would else compute a frame of 1800 around each image.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_fcnseg.errors import PlanError
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.inference.cores import ALONG, choose_cores
from napari_fcnseg.nets.geometry import AxisGeometry

if TYPE_CHECKING:
    from napari_fcnseg.nets.certificate import Certificate


@dataclass(frozen=True)
class Tile:
    """One run of the network.

    Attributes
    ----------
    core
        What is kept, ``((start, stop), ...)`` in the image.
    out
        The same in the output, which starts with the region.
    source
        What the network sees, in the image; may reach beyond it.
    crop
        Where the core lies in the network's output.
    """

    core: Spans
    out: Spans
    source: Spans
    crop: tuple[slice, ...]


@dataclass(frozen=True)
class Plan:
    """Tiles of one prediction; a sequence that is computed, not stored.

    Attributes
    ----------
    axes
        Of the output, without classes.
    region
        What of the image is predicted, ``((start, stop), ...)``.
    geometry
        Of the network along each axis; axes it does not see are gone through one by one.
    frames
        The image with its mirrored borders, along each axis; nothing beyond is computed.
    core
        Size of a core along each axis, and of an output chunk. Cores at the far end may
        be smaller.
    certificate
        What was measured on the network.
    fade
        Pixels on each side of a border between cores over which tiles fade into each other;
        0 where tiles are exact, or agree.
    """

    axes: str
    region: Spans
    geometry: tuple[AxisGeometry, ...]
    frames: Spans
    core: tuple[int, ...]
    certificate: "Certificate | None" = None
    fade: int = 0

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of the output."""
        return tuple(stop - start for start, stop in self.region)

    @cached_property
    def cores(self) -> Grid:
        """Grid of the cores in the output."""
        return Grid(self.shape, self.core)

    def __len__(self) -> int:
        return len(self.cores)

    def __getitem__(self, index: int) -> Tile:
        return self._tile(self.cores[index])

    def _tile(self, out: Spans) -> Tile:
        core, source, crop = [], [], []
        along = zip(out, self.region, self.geometry, self.frames, strict=True)
        for span, (first, _), axis, frame in along:
            start, stop = first + span[0], first + span[1]
            core.append((start, stop))
            source.append(axis.within(axis.source(start, stop), frame))
            result = source[-1][0] + axis.margin  # where the network's output begins
            crop.append(slice(start - result, stop - result))
        return Tile(tuple(core), out, tuple(source), tuple(crop))

    def __iter__(self) -> Iterator[Tile]:
        return (self[i] for i in range(len(self)))

    @property
    def fades(self) -> tuple[bool, ...]:
        """Whether tiles fade into each other along each axis."""
        return tuple(
            bool(self.fade) and axis is not ALONG and axis.room > 0 for axis in self.geometry
        )

    def grown(self, index: int) -> Tile:
        """Return a tile whose core reaches `fade` pixels over the borders to its neighbours."""
        tile = self[index]
        core = tuple(
            (max(first, start - self.fade), min(last, stop + self.fade)) if fades else (start, stop)
            for (start, stop), (first, last), fades in zip(
                tile.core, self.region, self.fades, strict=True
            )
        )
        crop = tuple(
            slice(a - start + s.start, b - start + s.start)
            for (a, b), (start, _), s in zip(core, tile.core, tile.crop, strict=True)
        )
        out = tuple(
            (a - first, b - first) for (a, b), (first, _) in zip(core, self.region, strict=True)
        )
        return Tile(core, out, tile.source, crop)

    def halves(self, tile: Tile) -> tuple[Tile, Tile] | None:
        """Divide a tile at the middle of its longest axis; ``None`` where it is a single cell.

        The halves need nothing that the tile does not see, and give the same pixels.
        """
        along = zip(tile.core, self.geometry, strict=True)
        cells = [-(-stop // g.stride) - start // g.stride for (start, stop), g in along]
        axis = max(range(len(cells)), key=lambda i: (cells[i] > 1, cells[i] * self._stride(i)))
        if cells[axis] < 2:
            return None
        start, first = tile.core[axis][0], tile.out[axis][0]
        stride = self._stride(axis)
        middle = (start // stride + cells[axis] // 2) * stride - start + first
        low, high = list(tile.out), list(tile.out)
        low[axis], high[axis] = (first, middle), (middle, tile.out[axis][1])
        return self._tile(tuple(low)), self._tile(tuple(high))

    def _stride(self, axis: int) -> int:
        return self.geometry[axis].stride

    @property
    def largest(self) -> Tile:
        """The tile that sees most: there is none in which the network works harder."""
        middle = [(n - 1) // 2 for n in self.cores.counts]
        return self[int(np.ravel_multi_index(middle, self.cores.counts))]

    @property
    def overhead(self) -> float:
        """Input pixels that a full tile computes for each pixel of its core."""
        sizes = (sum(a.context(c)) + c for a, c in zip(self.geometry, self.core, strict=True))
        return math.prod(sizes) / math.prod(self.core)


def plan(
    axes: str,
    shape: Sequence[int],
    geometry: Sequence[AxisGeometry],
    tile: int | None = None,
    region: Spans | None = None,
    pixels: int | None = None,
) -> Plan:
    """Divide an image, or a region of it, into tiles.

    Parameters
    ----------
    axes, shape
        Kept axes of the image and their lengths.
    geometry
        Of the network, along the last axes.
    tile
        Largest edge of a tile in pixels, halo included.
    region
        ``((start, stop), ...)`` along `axes`; by default all.
    pixels
        Most pixels of a tile, halo included, where no edge is given; by default a million, or
        two million voxels for a network that sees stacks.

    Returns
    -------
    Plan
        Cores that cover the region once, and what each tile reads.

    Raises
    ------
    PlanError
        If a tile of that edge has no room for a core, or the region is not in the image.
    """
    region = tuple((0, n) for n in shape) if region is None else region
    if len(region) != len(shape) or not all(
        0 <= start < stop <= n for (start, stop), n in zip(region, shape, strict=True)
    ):
        raise PlanError(
            f"the region {region} is not inside the image, {axes} {tuple(shape)}: give one that is"
        )
    if tile is not None and tile < 1:
        raise PlanError(f"a tile of {tile} pixels is none; give its largest edge, for example 1024")
    geometry = (ALONG,) * (len(axes) - len(geometry)) + tuple(geometry)
    frames = tuple(axis.frame(n) for n, axis in zip(shape, geometry, strict=True))
    return Plan(
        axes, region, geometry, frames, choose_cores(region, geometry, frames, tile, pixels)
    )
