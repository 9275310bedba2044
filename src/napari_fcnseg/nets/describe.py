"""What a network costs and how far it sees, in plain data."""

from typing import TYPE_CHECKING, Any

from napari_fcnseg.nets.registry import find_net

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet


def describe(net: "SegmentationNet") -> dict[str, Any]:
    """Describe a network.

    Returns
    -------
    dict
        ``net``, ``about``, ``options``, ``in_channels``, ``classes``, ``parameters``; in
        pixels ``stride``, ``receptive_field`` (smallest and largest over the pixel
        phases), ``halo`` of a tile and ``margin`` lost on each side; ``exact`` (whether
        tiled equals untiled) and ``inexact_layers`` (why not).
    """
    along = net.geometry[-1]
    return {
        "net": net.name,
        "about": find_net(net.name).summary,
        "options": net.options,
        "in_channels": net.in_channels,
        "classes": net.classes,
        "parameters": net.parameter_count,
        "stride": along.stride,
        "receptive_field": along.field,
        "halo": along.halo,
        "margin": along.margin,
        "exact": net.exact,
        "inexact_layers": net.inexact_layers,
    }
