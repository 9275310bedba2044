"""U-Net (Ronneberger, Fischer, Brox, MICCAI 2015, arXiv 1505.04597)."""

from typing import Literal

from torch import nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.u_shape import UShape

Padding = Literal["valid", "same"]
Up = Literal["transpose", "bilinear", "nearest"]


class UNet(UShape):
    """U-Net in 2D: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y', X')``.

    With the default options this is the published network: 31 030 658 parameters for one
    channel and two classes, 572 x 572 in, 388 x 388 out.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    depth
        Number of resolution levels; there are ``depth - 1`` down-samplings.
    width
        Channels of the first level; each further level has twice as many.
    padding
        ``"valid"``: unpadded convolutions, skip connections cropped, the output is
        smaller by a constant border. ``"same"``: zero-padded; any size goes in, it is
        padded at the far end to whole strides and the output cropped back.
    norm
        ``"batch"`` puts a BatchNorm between each 3 x 3 convolution and its ReLU.
    up
        ``"transpose"``: 2 x 2 up-convolution that halves the channels, as published.
        ``"bilinear"``, ``"nearest"``: up-sampling without weights.

    Raises
    ------
    NetError
        For an option out of its range or, in ``forward``, an input size that a valid
        network cannot take.
    """

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        depth: int = 5,
        width: int = 64,
        padding: Padding = "valid",
        norm: Literal["batch"] | None = None,
        up: Up = "transpose",
    ) -> None:
        super().__init__()
        _check_options(depth, width, padding, norm, up)
        self.in_channels, self.classes, self.depth = in_channels, classes, depth
        self.valid = padding == "valid"
        channels = [width * 2**level for level in range(depth)]
        inputs = [in_channels, *channels[:-1]]
        self.encoder = nn.ModuleList(
            _double_conv(i, o, self.valid, norm) for i, o in zip(inputs, channels, strict=True)
        )
        self.pools = nn.ModuleList(nn.MaxPool2d(2) for _ in channels[1:])
        self.ups, self.decoder = nn.ModuleList(), nn.ModuleList()
        for low, high in zip(channels[:0:-1], channels[-2::-1], strict=True):
            self.ups.append(_up(low, high, up))
            joined = 2 * high if up == "transpose" else low + high
            self.decoder.append(_double_conv(joined, high, self.valid, norm))
        self.head = nn.Conv2d(width, classes, 1)
        he_init(self)

    @property
    def stride(self) -> tuple[int, ...]:
        """Pixels per cell of the coarsest level."""
        return (2 ** (self.depth - 1),) * 2

    @property
    def margin(self) -> tuple[int, ...]:
        """Border lost on each side: ``6 * 2**(depth - 1) - 4`` for a valid network."""
        return (6 * self.stride[0] - 4 if self.valid else 0,) * 2

    @property
    def min_size(self) -> tuple[int, ...]:
        """One cell; for a valid network, the input that leaves 4 output pixels.

        Each valid level of the decoder maps n to 2 n - 4, so 4 is the smallest output of
        a deep one; with a single up-sampling 2 is possible.
        """
        if not self.valid:
            return self.stride
        return (2 * self.margin[0] + (2 if self.depth == 2 else 4),) * 2


def _double_conv(inputs: int, outputs: int, valid: bool, norm: str | None) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers.append(nn.Conv2d(channels, outputs, 3, padding=0 if valid else 1))
        if norm:
            layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _up(low: int, high: int, up: Up) -> nn.Module:
    if up == "transpose":
        return nn.ConvTranspose2d(low, high, 2, stride=2)
    corners = False if up == "bilinear" else None
    return nn.Upsample(scale_factor=2, mode=up, align_corners=corners)


def _check_options(depth: int, width: int, padding: str, norm: str | None, up: str) -> None:
    if not 2 <= depth <= 8:
        raise NetError(f"depth = {depth}: a U-Net has 2 to 8 resolution levels")
    if width < 1:
        raise NetError(f"width = {width}: the first level needs at least 1 channel")
    for option, value, known in (
        ("padding", padding, ("valid", "same")),
        ("norm", norm, (None, "batch")),
        ("up", up, ("transpose", "bilinear", "nearest")),
    ):
        if value not in known:
            choices = ", ".join(repr(k) for k in known)
            raise NetError(f"{option} = {value!r}: choose one of {choices}")
