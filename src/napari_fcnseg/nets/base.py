"""The one interface of all networks."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from torch import Tensor, nn

from napari_fcnseg.nets.geometry import AxisGeometry
from napari_fcnseg.nets.reach import measure

# Layers whose output depends on the whole input (or the whole batch), so that a tile
# cannot know what the untiled network would have computed.
GLOBAL_LAYERS = (
    nn.GroupNorm,
    nn.LayerNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.InstanceNorm3d,
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveAvgPool3d,
)


class SegmentationNet(nn.Module, ABC):
    """A network from ``(N, in_channels, *space)`` to logits ``(N, classes, *space)``.

    A valid network returns ``margin`` pixels less on each side.

    Attributes
    ----------
    name, options
        Registry name and the options it was built with; set by `build_net`.
    in_channels, classes, ndim
        Channels in, classes out, spatial dimensions.
    """

    name: str = ""
    options: dict[str, Any]
    in_channels: int
    classes: int
    ndim: int = 2

    @property
    @abstractmethod
    def stride(self) -> tuple[int, ...]:
        """Product of the down-sampling steps, per spatial axis."""

    @property
    @abstractmethod
    def margin(self) -> tuple[int, ...]:
        """Pixels lost on each side, per spatial axis."""

    @property
    @abstractmethod
    def min_size(self) -> tuple[int, ...]:
        """Smallest legal input size, per spatial axis; others are whole strides larger."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""

    @cached_property
    def geometry(self) -> tuple[AxisGeometry, ...]:
        """Stride, margin, reach and receptive field per spatial axis, measured."""
        return tuple(measure(self, axis) for axis in range(self.ndim))

    @property
    def inexact_layers(self) -> tuple[str, ...]:
        """Names of the layers that make tiles differ from the untiled network."""
        return tuple(
            f"{name} ({type(layer).__name__})"
            for name, layer in self.named_modules()
            if isinstance(layer, GLOBAL_LAYERS)
        )

    @property
    def exact(self) -> bool:
        """Whether tiled inference equals untiled inference."""
        return not self.inexact_layers

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters (BatchNorm's running statistics left out)."""
        return sum(p.numel() for p in self.parameters())
