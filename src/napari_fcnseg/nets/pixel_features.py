"""Features of single pixels at several scales: what a pixel classifier sees."""

import math

import torch
from torch import Tensor, nn

SIGMAS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CUT = 4.0  # standard deviations at which a Gaussian ends
PER_SCALE = 4  # intensity, gradient, both eigenvalues of the Hessian
DERIVED = 2  # pixels that second derivatives reach
BLOCK = 256  # rows that are smoothed by one product of matrices


class PixelFeatures(nn.Module):
    """From ``(N, C, Y, X)`` to ``(N, 24 C, Y - 2 margin, X - 2 margin)``, float32.

    Intensity, gradient magnitude (Sobel) and both eigenvalues of the Hessian of each channel,
    smoothed by Gaussians of 0.5 to 16 pixels: the numbers of
    `skimage.feature.multiscale_basic_features`, away from borders, where nothing is made up here.
    They are computed in float64, where the device has it: a tree that compares them with a
    threshold then says the same in any tile.

    Attributes
    ----------
    margin
        Pixels lost on each side.
    count
        Features of a channel.
    """

    margin = math.ceil(CUT * SIGMAS[-1]) + DERIVED
    count = PER_SCALE * len(SIGMAS)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the features of each channel, scale by scale."""
        n, channels, height, width = x.shape
        planes = x.reshape(n * channels, height, width)
        if x.device.type != "mps":
            planes = planes.double()
        found = torch.stack([f for s in SIGMAS for f in _at_scale(planes, s, self.margin)], dim=1)
        return found.reshape(n, channels * self.count, *found.shape[2:])

    def influence(self) -> nn.Module:
        """Pass influence on: a pixel sees all around it, as far as the widest Gaussian."""
        return nn.MaxPool2d(2 * self.margin + 1, stride=1)


def _at_scale(planes: Tensor, sigma: float, margin: int) -> list[Tensor]:
    reach = int(CUT * sigma + 0.5)
    cut = margin - reach - DERIVED
    inner = planes[:, cut : planes.shape[1] - cut, cut : planes.shape[2] - cut]
    smooth = _smooth(_smooth(inner, sigma, reach).mT, sigma, reach).mT
    gy, gx = _derivative(smooth, 1), _derivative(smooth, 2)  # one pixel less on each side
    hyy, hxx = _derivative(gy, 1)[..., 2:-2], _derivative(gx, 2)[:, 2:-2]
    hyx = _derivative(gy, 2)[:, 1:-1, 1:-1]
    middle, half = (hyy + hxx) / 2, torch.hypot((hyy - hxx) / 2, hyx)
    edges = _sobel(smooth)[:, 1:-1, 1:-1]
    found = smooth[:, 2:-2, 2:-2], edges, middle + half, middle - half
    return [feature.float() for feature in found]


def _smooth(planes: Tensor, sigma: float, reach: int) -> Tensor:
    """Smooth along the rows' axis: a product with a matrix of shifted Gaussians.

    It is many times faster than the convolution of one channel with one long kernel.
    """
    rows = planes.shape[1] - 2 * reach
    block = min(BLOCK, rows)
    at = torch.arange(block + 2 * reach, device=planes.device)
    away = (at[None] - torch.arange(block, device=planes.device)[:, None] - reach).to(planes)
    kernel = torch.exp(-(away**2) / (2 * sigma**2)) * (away.abs() <= reach)
    kernel = kernel / kernel[:1].sum()
    parts = []
    for start in range(0, rows, block):
        stop = min(start + block, rows)
        seen = planes[:, start : stop + 2 * reach]
        parts.append(kernel[: stop - start, : seen.shape[1]] @ seen)
    return torch.cat(parts, dim=1)


def _derivative(x: Tensor, dim: int) -> Tensor:
    """Half the difference of both neighbours."""
    n = x.shape[dim]
    return (x.narrow(dim, 2, n - 2) - x.narrow(dim, 0, n - 2)) / 2


def _sobel(x: Tensor) -> Tensor:
    rows = (x[:, :-2] + 2 * x[:, 1:-1] + x[:, 2:]) / 4
    columns = (x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]) / 4
    return torch.hypot(_derivative(columns, 1), _derivative(rows, 2)) * math.sqrt(2)
