"""Any network with a context module behind it (Yu and Koltun, ICLR 2016, arXiv 1511.07122)."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.dilated import ContextModule, Kind
from napari_fcnseg.nets.registry import build_net


class ContextNet(SegmentationNet):
    """A network of the registry, its logits refined by a `ContextModule`.

    Sizes are those of the network. At first the module passes on what is positive.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    base, base_options
        The network and its options.
    kind
        ``"basic"`` or ``"large"``.
    """

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        base: str = "unet_light",
        base_options: Mapping[str, Any] | None = None,
        kind: Kind = "basic",
    ) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        self.net = build_net(base, in_channels, classes, **(base_options or {}))
        self.encoder_parts = tuple(f"net.{part}" for part in self.net.encoder_parts)
        self.context = ContextModule(classes, kind)

    @property
    def stride(self) -> tuple[int, ...]:
        """Of the network."""
        return self.net.stride

    @property
    def margin(self) -> tuple[int, ...]:
        """Of the network."""
        return self.net.margin

    @property
    def min_size(self) -> tuple[int, ...]:
        """Of the network."""
        return self.net.min_size

    def forward(self, x: Tensor) -> Tensor:
        """Return logits; see the network for shapes."""
        refined: Tensor = self.context(self.net(x))
        return refined
