"""What a network costs and how far it sees, in plain data."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.geometry import AxisGeometry, legal_size

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet

TILE = {2: 512, 3: 128}  # by the axes that a network sees
FIRST_FEW = 3


def describe(
    net: "SegmentationNet", tile: int | None = None, batch: int = 1, costs: bool = True
) -> dict[str, Any]:
    """Describe a network; nothing is computed, so it takes a few seconds at most.

    Parameters
    ----------
    net
        Of `build_net`, or of a model.
    tile
        Edge of an input in pixels, taken up to the next legal size; by default 512, or 128
        for a network that sees stacks.
    batch
        Inputs at once.
    costs
        Whether to count what it computes and keeps.

    Returns
    -------
    dict
        ``net``, ``about``, ``options``, ``in_channels``, ``classes``, ``parameters``,
        ``axes`` that it sees; in pixels of Y and X ``stride``, ``receptive_field`` (smallest
        and largest over the pixel phases), ``halo`` of a tile and ``margin`` lost on each
        side; the same in ``along_z`` for a network that sees stacks; ``exact`` (whether tiled
        equals untiled) and ``why_inexact``. With `costs` also ``tile``, ``batch``;
        ``flops_per_pixel`` of the output, two for each multiply-add; ``memory_inference`` and
        ``memory_training`` in bytes, of weights and activations in float32, with gradients
        and AdamW in training (not of what learns all labels at once).

    Raises
    ------
    NetError
        If `tile` or `batch` is below 1.
    """
    for what, value in (("tile", tile), ("batch", batch)):
        if value is not None and value < 1:
            raise NetError(f"{what} = {value}: give 1 or more")
    return {
        "net": net.name,
        "about": net.summary,
        "options": net.options,
        "in_channels": net.in_channels,
        "classes": net.classes,
        "parameters": net.parameter_count,
        "axes": "ZYX"[-net.ndim :],
        **_extent(net.geometry[-1]),
        **({"along_z": _extent(net.geometry[0])} if net.ndim == 3 else {}),
        "exact": net.exact,
        "why_inexact": _why_inexact(net),
        **(_costs(net, tile or TILE[net.ndim], batch) if costs and net.countable else {}),
    }


def _costs(net: "SegmentationNet", tile: int, batch: int) -> dict[str, Any]:
    from napari_fcnseg.nets.costs import flops, memory

    size = [legal_size(tile, a.min_size, a.stride) for a in net.geometry]
    outputs = math.prod(n - 2 * a.margin for n, a in zip(size, net.geometry, strict=True))
    return {
        "tile": tuple(size),
        "batch": batch,
        "flops_per_pixel": round(flops(net, size) / outputs),
        "memory_inference": memory(net, size, batch),
        **({} if net.fitted else {"memory_training": _training(net, size, batch)}),
    }


def _training(net: "SegmentationNet", size: Sequence[int], batch: int) -> int:
    from napari_fcnseg.nets.costs import memory

    return memory(net, size, max(batch, net.min_batch), train=True)


def _extent(axis: AxisGeometry) -> dict[str, Any]:
    return {
        "stride": axis.stride,
        "receptive_field": axis.field,
        "halo": axis.halo,
        "margin": axis.margin,
    }


def _why_inexact(net: "SegmentationNet") -> str:
    layers = net.inexact_layers
    if not layers:
        return ""
    more = f" and {len(layers) - FIRST_FEW} more" if len(layers) > FIRST_FEW else ""
    shown = ", ".join(layers[:FIRST_FEW])
    return f"{shown}{more}: what comes out at a pixel depends on the whole input, not on a part"
