"""Whether tiles of a network make up the whole: what is measured on it, once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from napari_fcnseg.nets.geometry import legal_size
from napari_fcnseg.nets.reach import is_isotropic

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet

TOLERANCE = 1e-3  # of the largest logit; rounding is below 1e-5, a wrong grid above 1e-2
OTHER = "a layer that looks at the size of its input, such as up-sampling with align_corners=True"


@dataclass(frozen=True)
class Certificate:
    """What makes tiles of a network agree with the untiled network, or not.

    Attributes
    ----------
    stride, before, after, halo
        Along each spatial axis: grid of the network, inputs that it needs in front of and
        behind whole cells, and context that keeps it on its grid.
    breaking
        Names of the layers that make tiles differ; empty where they agree.
    difference
        Largest difference of logits between tiles and the whole, in parts of the largest, on a
        sample of noise; ``None`` where a layer broke it already.
    """

    stride: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    halo: tuple[int, ...]
    breaking: tuple[str, ...]
    difference: float | None

    @property
    def exact(self) -> bool:
        """Whether tiles give what the untiled network gives."""
        return not self.breaking


def certify(net: "SegmentationNet") -> Certificate:
    """Measure whether tiles of `net` agree with the untiled network.

    The measured reach says that nothing from outside a tile gets to its core. That alone misses
    layers whose arithmetic depends on the size of their input; a numeric sample finds them.
    """
    breaking, difference = net.inexact_layers, None
    if not breaking:
        axes = [net.ndim - 1] if is_isotropic(net) else range(net.ndim)
        difference = max(_difference(net, axis) for axis in axes)
        if difference > TOLERANCE:
            breaking = (f"{OTHER} (tiles differ by {difference:.2g})",)
    return Certificate(
        net.stride,
        tuple(axis.before for axis in net.geometry),
        tuple(axis.after for axis in net.geometry),
        tuple(axis.halo for axis in net.geometry),
        breaking,
        difference,
    )


@torch.inference_mode()
def _difference(net: "SegmentationNet", axis: int) -> float:
    """Compare two overlapping tiles with the whole, along one axis of a strip of noise."""
    geometry, training = net.geometry[axis], net.training
    core = 2 * geometry.stride
    tile = sum(geometry.context(core)) + core
    size = list(net.min_size)
    size[axis] = legal_size(geometry.stride + tile, geometry.min_size, geometry.stride)
    weights = next(net.parameters())
    noise = torch.randn(1, net.in_channels, *size, generator=torch.Generator().manual_seed(0))
    net.eval()
    try:
        x = noise.to(weights)
        whole, dim = net(x), 2 + axis
        first = geometry.context(core)[0] - geometry.margin
        largest, differs = float(whole.abs().max()), 0.0
        for start in (0, geometry.stride):
            part = net(x.narrow(dim, start, tile)).narrow(dim, first, core)
            differs = max(
                differs, float((part - whole.narrow(dim, start + first, core)).abs().max())
            )
    finally:
        net.train(training)
    return differs / largest if largest else 0.0
