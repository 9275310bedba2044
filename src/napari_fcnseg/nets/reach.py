"""The receptive field of a network, measured over every pixel phase.

Gradients see only the winners of a max-pooling and die in dead ReLUs, and products of
many small weights vanish. So influence itself is sent through the network: every layer
with weights becomes "does any of my inputs see the source?", on one channel, and the
source is one line of pixels for each phase of the stride.
"""

import copy
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.geometry import AxisGeometry

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
GLOBAL_NORMS = (
    nn.GroupNorm,
    nn.LayerNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
)
GLOBAL_POOLS = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)
DROPOUTS = (nn.Dropout, nn.Dropout2d, nn.Dropout3d)
POINTWISE = (nn.BatchNorm2d, nn.BatchNorm3d, *DROPOUTS, *GLOBAL_NORMS)
LARGEST_INPUT = 2**14


@runtime_checkable
class Influential(Protocol):
    """A layer that says itself what stands in for it."""

    def influence(self) -> nn.Module:
        """Return a layer that passes influence on as this one passes values."""


class _Influence(nn.Module):
    """Stands in for a convolution: an output is 1 where the kernel sees any 1."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        assert isinstance(layer, CONVOLUTIONS)
        self.layer = copy.copy(layer)  # its geometry, with other weights
        self.layer._parameters = dict.fromkeys(layer._parameters)
        self.layer.groups = 1
        self.layer.weight = nn.Parameter(torch.ones(1, 1, *layer.kernel_size))

    def forward(self, x: Tensor) -> Tensor:
        seen: Tensor = self.layer(x.amax(1, keepdim=True))
        return (seen > 0).to(x.dtype)


class _Nothing(nn.Module):
    """Stands in for global pooling, whose influence has no reach."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(x[..., :1, :1])


def influence_copy(net: nn.Module) -> nn.Module:
    """Copy `net` with one channel and 0/1 influence in place of weights and activations."""
    replaced: dict[int, nn.Module] = {}
    for layer in net.modules():
        if isinstance(layer, Influential):
            replaced[id(layer)] = layer.influence()
        elif isinstance(layer, CONVOLUTIONS):
            replaced[id(layer)] = _Influence(layer)
        elif isinstance(layer, POINTWISE):
            replaced[id(layer)] = nn.Identity()
        elif isinstance(layer, GLOBAL_POOLS):  # what it sees of all is not local
            replaced[id(layer)] = _Nothing()
    return copy.deepcopy(net, memo=dict(replaced)).eval()


def is_isotropic(net: "SegmentationNet") -> bool:
    """Whether no layer treats one spatial axis unlike another, so that one is measured for all."""
    windows = [net.stride, net.margin, net.min_size]
    for layer in net.modules():
        windows += [getattr(layer, n, ()) for n in ("kernel_size", "stride", "padding", "dilation")]
    return all(len(set(w)) <= 1 for w in windows if isinstance(w, tuple))


@torch.inference_mode()
def measure(net: "SegmentationNet", axis: int) -> AxisGeometry:
    """Measure stride, margin, reach and receptive field of `net` along one spatial axis.

    Parameters
    ----------
    net
        A network with known ``stride``, ``margin`` and ``min_size``.
    axis
        Spatial axis, 0 for the first one (Y in 2D, Z in 3D).

    Raises
    ------
    NetError
        If an output still sees inputs 8000 pixels away, as with global pooling.
    """
    stride, margin = net.stride[axis], net.margin[axis]
    influence = influence_copy(net)
    cells = 4
    while True:
        shape = list(net.min_size)
        shape[axis] += cells * stride
        size = shape[axis]
        if size > LARGEST_INPUT:
            raise NetError(
                "this network sees its whole input; it has no receptive field: say what stands in "
                "for the layer that pools all of it, see Influential"
            )
        first = (size // 2 - margin) // stride * stride + margin  # on the grid, mid-input
        for phases in sorted({1, stride}):  # one phase tells at little cost where there is no room
            source = torch.zeros(phases, 1, *shape)
            for number in range(phases):
                source[number].select(1 + axis, first + number).fill_(1)
            seen = influence(source).amax(1).movedim(1 + axis, -1).flatten(1, -2).amax(1) > 0
            if seen[:, : stride + 1].any() or seen[:, -stride - 1 :].any():
                break
        else:
            break
        cells *= 2

    if not seen.any():
        raise NetError(
            "this network sees its whole input alike; it has no receptive field: say what stands "
            "in for the layer that pools all of it, see Influential"
        )
    at_phase, outputs = torch.nonzero(seen, as_tuple=True)
    inputs = first + at_phase
    cell_start = outputs // stride * stride + margin
    offset = inputs - (outputs + margin)
    fields = [offset[outputs % stride == p] for p in range(stride)]
    widths = [int(f.max() - f.min()) + 1 for f in fields if len(f)]
    return AxisGeometry(
        stride=stride,
        margin=margin,
        before=max(0, int((cell_start - inputs).max())),
        after=max(0, int((inputs - (cell_start + stride - 1)).max())),
        min_size=net.min_size[axis],
        field=(min(widths), max(widths)),
    )
