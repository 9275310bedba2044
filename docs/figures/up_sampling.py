"""Operators that double a map: what each makes of a blob, and the stripes that it adds."""

import numpy as np
import torch
from style import LINES, show, strip_and_plot
from torch import nn
from torch.nn import functional as F

from napari_fcnseg.nets.unpool import IndexPool, Unpool
from napari_fcnseg.nets.upsample import bed_of_nails, bilinear, bilinear_deconv, nearest

TINY = {"kernels": 12, "size": 16}


def transposed(kernel, generator=None):
    """Transposed convolution by 2; weights all alike, or random around that."""
    layer = nn.ConvTranspose2d(1, 1, kernel, 2, (kernel - 1) // 2, kernel % 2, bias=False)
    weights = torch.full(layer.weight.shape, 4 / kernel**2)
    if generator:
        weights *= 1 + 0.5 * torch.randn(weights.shape, generator=generator)
    layer.weight.data.copy_(weights)
    return layer


def unevenness(up, size=16):
    """Spread between the four pixels of a cell, for a constant input, as part of their mean."""
    cell = up(torch.ones(1, 1, size, size))[..., size : size + 2, size : size + 2]
    return float(cell.std(correction=0) / cell.mean())


def spectrum(maps):
    """Mean power of the rows of maps at each frequency, as part of that at the lowest ones."""
    rows = maps - maps.mean((-2, -1), keepdim=True)
    power = torch.fft.rfft(rows * torch.hann_window(rows.shape[-1])).abs().square()
    mean = power.mean((0, 1, 2))
    return (mean / mean.max()).numpy()


def equalities(generator):
    """Largest differences between operators that have two names, on noise."""
    x = torch.randn(1, 1, 12, 12, generator=generator)
    three, two = transposed(3, generator), transposed(2, generator)
    by_nails = F.conv2d(bed_of_nails(x, 2), three.weight.flip(2, 3), padding=1)
    by_shuffle = F.pixel_shuffle(F.conv2d(x, two.weight.reshape(4, 1, 1, 1)), 2)
    straight, learned = bilinear(x, 2), bilinear_deconv(1, 2)(x)[..., 1:-1, 1:-1]
    pairs = {
        "transposed and bed of nails": (three(x), by_nails),
        "transposed 2 x 2 and sub-pixel": (two(x), by_shuffle),
        "fresh bilinear kernel and bilinear": (learned[..., 1:-1, 1:-1], straight[..., 1:-1, 1:-1]),
    }
    return {name: float((a - b).abs().max()) for name, (a, b) in pairs.items()}


@torch.inference_mode()
def measure(kernels=300, size=32, seed=0):
    """Up-sample a blob, smooth noise and a constant in all the ways."""
    generator = torch.Generator().manual_seed(seed)
    grid = torch.linspace(-1, 1, 8)
    blob = (-2.5 * (grid[:, None] ** 2 + 1.5 * (grid[None] - 0.1) ** 2)).exp()[None, None]
    fine = bilinear(blob, 2) + 0.02 * torch.randn(1, 1, 16, 16, generator=generator)
    drawn = {n: [transposed(n, generator) for _ in range(kernels)] for n in (2, 3, 4)}
    shown = {
        "8 x 8 pixels": blob,
        "nearest": nearest(blob, 2),
        "bilinear": bilinear(blob, 2),
        "transposed 3 x 3,\nequal weights": transposed(3)(blob),
        "transposed 3 x 3,\nrandom weights": drawn[3][0](blob),
        "max-unpooled,\nby places": Unpool()(*IndexPool()(fine)),
    }
    coarse = torch.randn(kernels, 1, size // 4, size // 4, generator=generator)
    maps = F.interpolate(coarse, size=size, mode="bicubic", align_corners=False)
    each = {n: [up(m[None]) for up, m in zip(drawn[n], maps, strict=True)] for n in (2, 3)}
    spectra = {
        "bilinear": bilinear(maps, 2),
        "nearest": nearest(maps, 2),
        "transposed 3 x 3, random": torch.cat(each[3]),
        "transposed 2 x 2 = sub-pixel, random": torch.cat(each[2]),
    }
    spectra = {name: spectrum(ups) for name, ups in spectra.items()}
    numbers = {
        "power at 1/2": {name: float(power[-1]) for name, power in spectra.items()},
        "uneven": {
            "nearest": unevenness(lambda x: nearest(x, 2)),
            "bilinear": unevenness(lambda x: bilinear(x, 2)),
            "fresh bilinear kernel": unevenness(bilinear_deconv(1, 2)),
            **{f"{n} x {n}, equal": unevenness(transposed(n)) for n in (2, 3, 4)},
        }
        | {f"{n} x {n}, random": sum(map(unevenness, ups)) / kernels for n, ups in drawn.items()},
        "differences": equalities(generator),
    }
    return {"shown": shown, "spectra": spectra, "numbers": numbers}


def draw(seen):
    """Draw what becomes of the blob, and the spectra below."""
    figure, row, axes = strip_and_plot(6, 5.4, (1, 1.4))
    for panel, (title, x) in zip(row, seen["shown"].items(), strict=True):
        show(panel, x[0, 0].numpy(), title, cmap="viridis", vmin=0)
    for (name, power), colour in zip(seen["spectra"].items(), LINES, strict=True):
        frequency = np.linspace(0, 0.5, len(power))
        axes.semilogy(frequency, power, color=colour, label=name)
    axes.set(
        title="smooth noise, up-sampled: what lies at the right edge is a checkerboard",
        xlabel="frequency, periods per pixel",
        ylabel="power, relative",
        ylim=(1e-7, 2),
    )
    axes.legend(loc="upper center", ncols=2)
    return figure
