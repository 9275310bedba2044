"""Up-sampling operators that networks share."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def bilinear_kernel(size: int) -> Tensor:
    """Kernel of bilinear up-sampling by transposed convolution (Long et al. 2015).

    Weights are ``(1 - |i - c| / f)`` along each axis, with ``f = (size + 1) // 2`` and the
    centre ``c = f - 1`` for an odd size, ``f - 0.5`` for an even one.

    Returns
    -------
    Tensor
        ``(size, size)``.
    """
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    line = 1 - (torch.arange(size) - centre).abs() / factor
    return line[:, None] * line[None, :]


def bilinear_deconv(channels: int, factor: int) -> nn.ConvTranspose2d:
    """Learnable up-sampling by `factor` that starts as bilinear interpolation.

    The kernel has ``2 * factor - factor % 2`` pixels; the output is larger than `factor`
    times the input by the rest of a kernel, to be cropped.
    """
    size = 2 * factor - factor % 2
    layer = nn.ConvTranspose2d(channels, channels, size, stride=factor, bias=False)
    own = range(channels)
    with torch.no_grad():  # each channel on its own
        layer.weight.zero_()
        layer.weight[own, own] = bilinear_kernel(size).to(layer.weight)
    return layer


def nearest(x: Tensor, factor: int) -> Tensor:
    """Repeat each pixel `factor` times along both axes."""
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def bed_of_nails(x: Tensor, factor: int) -> Tensor:
    """Put each pixel into the upper left corner of a block of zeros.

    A transposed convolution is this, followed by an ordinary convolution with the flipped
    kernel.
    """
    n, c, height, width = x.shape
    spread = x.new_zeros(n, c, height * factor, width * factor)
    spread[..., ::factor, ::factor] = x
    return spread


def bilinear(x: Tensor, factor: int) -> Tensor:
    """Interpolate between pixels that are the centres of blocks of `factor` pixels."""
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def corner_bilinear(x: Tensor, factor: int) -> Tensor:
    """Interpolate between pixels that are the upper left corners of blocks.

    That is where strided layers with odd kernels and symmetrical padding have their centre
    (VGG with 3 x 3 pools, ResNet), so nothing is shifted. Behind the last pixel its value
    goes on.
    """
    height, width = (factor * n for n in x.shape[2:])
    x = F.pad(x, (0, 1, 0, 1), mode="replicate")
    size = (height + 1, width + 1)
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)[..., :-1, :-1]
