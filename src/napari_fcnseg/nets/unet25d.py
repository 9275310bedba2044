"""U-Net in 2.5D: it labels a slice and sees its neighbours as further channels."""

from collections.abc import Callable, Sequence
from typing import Literal

from torch import Tensor

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.geometry import check_size
from napari_fcnseg.nets.unet import Padding, UNet, Up


class UNet25D(SegmentationNet):
    """U-Net over ``2 neighbours + 1`` slices: from ``(N, in_channels, Z, Y, X)``.

    Logits are ``(N, classes, Z - 2 neighbours, Y', X')``: each slice that has its
    neighbours goes through one 2D U-Net of ``in_channels * (2 neighbours + 1)`` channels,
    all channels of a slice together. For stacks whose slices are much thicker than a pixel
    is wide.

    Parameters
    ----------
    in_channels, classes
        Channels of a slice, classes out.
    neighbours
        Slices seen on each side.
    depth, width, padding, norm, up
        Of the `UNet`.

    Raises
    ------
    NetError
        For an option out of its range.
    """

    ndim = 3
    encoder_parts = ("net.encoder",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        neighbours: int = 1,
        depth: int = 4,
        width: int = 16,
        padding: Padding = "same",
        norm: Literal["batch"] | None = "batch",
        up: Up = "transpose",
    ) -> None:
        super().__init__()
        if not 0 <= neighbours <= 16:
            raise NetError(f"neighbours = {neighbours}: choose 0 to 16 slices on each side")
        self.in_channels, self.classes = in_channels, classes
        self.neighbours, self.seen = neighbours, 2 * neighbours + 1
        self.net = UNet(
            in_channels * self.seen,
            classes,
            depth=depth,
            width=width,
            padding=padding,
            norm=norm,
            up=up,
        )

    @property
    def stride(self) -> tuple[int, ...]:
        """Each slice for itself, and the stride of the U-Net."""
        return (1, *self.net.stride)

    @property
    def margin(self) -> tuple[int, ...]:
        """The neighbours, and the margin of the U-Net."""
        return (self.neighbours, *self.net.margin)

    @property
    def min_size(self) -> tuple[int, ...]:
        """One slice with its neighbours, and the smallest size of the U-Net."""
        return (self.seen, *self.net.min_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits; see the class for shapes."""
        return self._slice_by_slice(x, self.net)

    def forward_core(self, x: Tensor, core: Sequence[slice]) -> Tensor:
        """Return logits of `core`, of the slices that it needs."""
        slices = slice(core[0].start, core[0].stop + 2 * self.neighbours)
        return self._slice_by_slice(x[:, :, slices], lambda s: self.net.forward_core(s, core[1:]))

    def _slice_by_slice(self, x: Tensor, run: Callable[[Tensor], Tensor]) -> Tensor:
        check_size(x.shape[2], self.seen, 1)
        slices = x.unfold(2, self.seen, 1).permute(0, 2, 5, 1, 3, 4)  # N, Z, seen, C, Y, X
        count, depth = slices.shape[:2]
        logits = run(slices.flatten(2, 3).flatten(0, 1))
        return logits.reshape(count, depth, *logits.shape[1:]).transpose(1, 2)
