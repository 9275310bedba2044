"""Whole planes through a method that is no network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_fcnseg.errors import OutputError, PlanError
from napari_fcnseg.images.chunks import EDGE
from napari_fcnseg.images.grid import Spans, inside
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.cores import ALIGNMENT
from napari_fcnseg.inference.plan import Plan, plan
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.runner import Blocks
from napari_fcnseg.inference.tile_work import TileWork
from napari_fcnseg.nets.geometry import AxisGeometry

OF_NETWORKS = {
    "tile": (None,),
    "halo": (None,),
    "memory": (None,),
    "context": ("slice",),
    "augment": ("none",),
    "precision": ("float32",),
}  # settings that mean nothing without a network, and what they then have to be


@dataclass(frozen=True, kw_only=True)
class PlaneWork(TileWork):
    """Planes through a `PlaneMethod`, one at a time in each process: they take turns, and memory.

    A region is a part of what the method says of the whole plane.
    """

    method: PlaneMethod
    planes: Plan

    @property
    def tiles(self) -> Plan:
        """The plan."""
        return self.planes

    def compute(self, number: int) -> Blocks:
        """Label the plane that a tile is in, and cut the tile out of it."""
        core = self.planes[number].core
        height, width = self.image.kept_shape[-2:]
        plane = (*core[:-2], (0, height), (0, width))
        pixels = self.image.read(plane).reshape(self.image.channels, height, width)
        with self._lock:
            found = self.method.label_plane(pixels, plane)
        cut = found[inside(core[-2:], plane[-2:])]
        block = cut.reshape([stop - start for start, stop in core]).astype(np.uint8)
        return (block,) * len(self.targets)


def plan_planes(image: Image, region: Spans | None = None) -> Plan:
    """Plan a tile for each plane, or for what of it lies in a region.

    Raises
    ------
    PlanError
        If the region is not in the image.
    """
    pixelwise = (AxisGeometry(), AxisGeometry())
    edge = max(image.kept_shape[-2:])
    tiles = plan(image.kept, image.kept_shape, pixelwise, edge, region)
    # Blocks of such sizes fall into even chunks, at all levels of a pyramid.
    core = (-(-n // (m := EDGE if n > EDGE else ALIGNMENT)) * m for n in tiles.core[-2:])
    return replace(tiles, core=(*tiles.core[:-2], *core))


def check_without_network(name: str, kinds: Iterable[str], settings: Mapping[str, Any]) -> None:
    """Refuse what only networks can do.

    Parameters
    ----------
    name
        Of the method.
    kinds
        Of output.
    settings
        Those of `OF_NETWORKS`.

    Raises
    ------
    OutputError
        For anything but labels.
    PlanError
        For a setting that means nothing to the method.
    """
    if other := [kind for kind in kinds if kind != "labels"]:
        raise OutputError(
            f"{name} gives labels and no {' or '.join(other)}: ask for labels, or train a network "
            "on the strokes"
        )
    given = [f"{k}={v!r}" for k, v in settings.items() if v not in OF_NETWORKS[k]]
    if given:
        raise PlanError(
            f"{name} labels whole planes without a network, so that {', '.join(given)} means "
            "nothing to it: leave it out, or train a network on the strokes"
        )
