"""3D U-Net (Cicek, Abdulkadir, Lienkamp, Brox, Ronneberger, MICCAI 2016, arXiv 1606.06650)."""

from itertools import pairwise
from typing import Literal

from torch import nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.u_shape import UShape
from napari_fcnseg.nets.unet import Padding


class UNet3D(UShape):
    """U-Net in 3D: ``(N, in_channels, Z, Y, X)`` to logits ``(N, classes, Z', Y', X')``.

    With the default options this is the published network: 132 x 132 x 116 voxels in,
    44 x 44 x 28 out, and with three channels and classes 19 069 955 parameters beside those
    of its normalisation. Each level doubles its channels before the pooling.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    depth
        Number of resolution levels.
    width
        Channels of the first convolution.
    flat
        Levels, from the finest on, that work slice by slice: 3 x 3 kernels, and pooling
        over Y and X only. Where slices are 2**n times as thick as a pixel is wide, n flat
        levels make the voxels of the others about as long as wide.
    padding
        ``"valid"``, as published, or ``"same"``; see `UNet`.
    norm
        ``"batch"``: BatchNorm before each ReLU, as published; or ``None``.

    Raises
    ------
    NetError
        For an option out of its range or, in ``forward``, an input size that a valid
        network cannot take.
    """

    ndim = 3

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        depth: int = 4,
        width: int = 32,
        flat: int = 0,
        padding: Padding = "valid",
        norm: Literal["batch"] | None = "batch",
    ) -> None:
        super().__init__()
        _check_options(depth, width, flat, padding, norm)
        self.in_channels, self.classes = in_channels, classes
        self.depth, self.flat, self.valid = depth, flat, padding == "valid"

        def level(number: int, *channels: int) -> nn.Sequential:
            return _convolutions(channels, number < flat, self.valid, norm)

        widths = [width * 2**n for n in range(depth + 1)]
        inputs = [in_channels, *widths[1:-1]]
        self.encoder = nn.ModuleList(level(n, inputs[n], *widths[n : n + 2]) for n in range(depth))
        steps = [(1 if n < flat else 2, 2, 2) for n in range(depth - 1)]
        self.pools = nn.ModuleList(nn.MaxPool3d(step) for step in steps)
        self.ups, self.decoder = nn.ModuleList(), nn.ModuleList()
        for n in reversed(range(depth - 1)):
            low, high = widths[n + 2], widths[n + 1]
            self.ups.append(nn.ConvTranspose3d(low, low, steps[n], stride=steps[n], bias=False))
            self.decoder.append(level(n, low + high, high, high))
        self.head = nn.Conv3d(widths[1], classes, 1)
        he_init(self)

    @property
    def _levels(self) -> tuple[int, int, int]:
        """Levels that see each axis."""
        return self.depth - self.flat, self.depth, self.depth

    @property
    def stride(self) -> tuple[int, ...]:
        """Voxels per cell of the coarsest level."""
        return tuple(2 ** (levels - 1) for levels in self._levels)

    @property
    def margin(self) -> tuple[int, ...]:
        """Border lost on each side of a valid network."""
        return tuple(6 * s - 4 if self.valid else 0 for s in self.stride)

    @property
    def min_size(self) -> tuple[int, ...]:
        """One cell; for a valid network, the input that leaves 1, 2 or 4 voxels."""
        if not self.valid:
            return self.stride
        return tuple(2 * m + min(4, s) for m, s in zip(self.margin, self.stride, strict=True))


def _convolutions(
    channels: tuple[int, ...], flat: bool, valid: bool, norm: str | None
) -> nn.Sequential:
    kernel = (1 if flat else 3, 3, 3)
    padding = (0, 0, 0) if valid else (kernel[0] // 2, 1, 1)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(channels):
        layers.append(nn.Conv3d(inputs, outputs, kernel, padding=padding))
        if norm:
            layers.append(nn.BatchNorm3d(outputs))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _check_options(depth: int, width: int, flat: int, padding: str, norm: str | None) -> None:
    if not 2 <= depth <= 8:
        raise NetError(f"depth = {depth}: a U-Net has 2 to 8 resolution levels")
    if not 0 <= flat < depth:
        raise NetError(f"flat = {flat}: from 0 to {depth - 1} of {depth} levels can be flat")
    if width < 1:
        raise NetError(f"width = {width}: the first level needs at least 1 channel")
    if padding not in ("valid", "same"):
        raise NetError(f"padding = {padding!r}: choose one of 'valid', 'same'")
    if norm not in (None, "batch"):
        raise NetError(f"norm = {norm!r}: choose one of None, 'batch'")
