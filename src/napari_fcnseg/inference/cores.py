"""How large the cores of a prediction are."""

import math
from bisect import bisect_right
from collections.abc import Sequence

from napari_fcnseg.errors import PlanError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.nets.geometry import AxisGeometry

ALONG = AxisGeometry()  # an axis that the network does not see: one position at a time
PIXELS = {2: 2**20, 3: 2**21}  # of a tile by default, by the axes that a network sees
FINE = 1024  # steps of a scale
ALIGNMENT = 64  # cores of whole 64 pixels have room for the levels of a pyramid


def choose_cores(
    region: Spans,
    geometry: Sequence[AxisGeometry],
    frames: Spans,
    tile: int | None,
    pixels: int | None = None,
) -> tuple[int, ...]:
    """Size of the cores along each axis: as large as the tile allows, and much the same for all.

    Parameters
    ----------
    region
        What is predicted.
    geometry
        Of the network along each axis; `ALONG` for one it does not see.
    frames
        Where input begins and ends along each axis.
    tile
        Largest edge of a tile in pixels, halo included.
    pixels
        Most pixels of a tile, halo included, where no edge is given; see `PIXELS`.

    Raises
    ------
    PlanError
        If a tile of that edge has no room for a core.
    """
    seen = [i for i, axis in enumerate(geometry) if axis is not ALONG]
    axes = [_Axis(region[i], geometry[i], frames[i], i >= len(region) - 2) for i in seen]
    edges = [tile] * len(seen) if tile else _edges(axes, pixels or PIXELS[len(seen)])
    edges = [min(edge, geometry[i].most or edge) for i, edge in zip(seen, edges, strict=True)]
    least = max((a.least for a, edge in zip(axes, edges, strict=True) if a.whole > edge), default=0)
    if tile and tile < least:
        raise PlanError(
            f"a tile of {tile} pixels has no room for the network's halo of "
            f"{max(axis.halo for axis in geometry)} pixels on each side; take at least {least}"
        )
    cores = [1] * len(region)
    for i, axis, edge in zip(seen, axes, edges, strict=True):
        cores[i] = axis.core(edge)
    return tuple(cores)


def _edges(axes: "Sequence[_Axis]", pixels: int) -> list[int]:
    """Edges of a tile of at most `pixels` with as little halo as can be.

    Halo over core is least, for one volume, where each edge is in proportion to its halo.
    """

    def edges(scale: int) -> list[int]:
        return [min(a.whole, max(a.least, a.halo * scale // FINE)) for a in axes]

    scale = bisect_right(range(FINE, 2**24), pixels, key=lambda s: math.prod(edges(s))) + FINE - 1
    return edges(max(FINE, scale))


class _Axis:
    """One axis that the network sees."""

    def __init__(
        self, span: tuple[int, int], geometry: AxisGeometry, frame: tuple[int, int], plane: bool
    ) -> None:
        self._n, self._geometry = span[1] - span[0], geometry
        # A start behind the stride grid costs one more cell.
        self._more = geometry.stride if span[0] % geometry.stride else 0
        self._frame = frame[1] - frame[0]
        self._unit = math.lcm(geometry.stride, ALIGNMENT) if plane else geometry.stride
        self.halo = sum(geometry.context(geometry.stride)) or 1

    def _needed(self, core: int) -> int:
        return sum(self._geometry.context(core + self._more)) + core + self._more

    @property
    def least(self) -> int:
        """Smallest edge with room for a core."""
        return self._needed(self._geometry.stride)

    @property
    def whole(self) -> int:
        """Edge with room for all."""
        return min(self._needed(_up(self._n, self._geometry.stride)), self._frame)

    def core(self, edge: int) -> int:
        """Core of a tile of `edge` pixels, or of a larger one if that has no room for any."""
        stride = self._geometry.stride
        if self.whole <= edge:
            return _up(self._n, stride)
        largest = edge // stride * stride
        while largest and self._needed(largest) > edge:
            largest -= stride
        largest = largest or _up(2 * self._geometry.halo, stride)  # sees far: half is halo
        unit = self._unit if largest >= self._unit else stride
        largest = largest // unit * unit
        return _up(-(-self._n // -(-self._n // largest)), unit)


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
