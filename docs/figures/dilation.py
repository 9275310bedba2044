"""What dilated layers see: the field, its holes, and the taps of ASPP."""

import numpy as np
import torch
from matplotlib.colors import LogNorm
from style import show, strip
from torch import nn

from napari_fcnseg.nets.deeplab import RATES
from napari_fcnseg.nets.dilated import DILATIONS, ContextModule

TOWERS = {
    "plain": (1, 1, 1, 1, 1),
    "all by 2": (2, 2, 2, 2, 2),
    "doubled": (1, 2, 4, 8, 16),
}
TINY = {"size": 75}


def tower(rates):
    """3 x 3 convolutions on one channel, one for each rate."""
    return nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=r, dilation=r) for r in rates))


def paths(net, size, channels=1):
    """Count the ways from each input pixel to the middle output, as all weights are 1."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
    x = torch.ones(1, channels, size, size, dtype=torch.double, requires_grad=True)
    net.double()(x)[..., size // 2, size // 2].sum().backward()
    return x.grad[0].sum(0).numpy()


def field(ways):
    """Width of what is seen, and the part of it that is seen at all."""
    rows = np.flatnonzero(ways.any(1))
    width = int(rows[-1] - rows[0]) + 1
    return width, float((ways > 0).sum() / width**2)


def measure(size=81):
    """Count ways through towers of the same cost, the context module and the taps of ASPP."""
    ways = {name: paths(tower(rates), size) for name, rates in TOWERS.items()}
    numbers = {}
    for name, rates in TOWERS.items():
        width, part = field(ways[name])
        numbers[name] = {
            "rates": list(rates),
            "field": width,
            "seen": round(part, 3),
            "weights": sum(p.numel() for p in tower(rates).parameters()),
        }
    context = ContextModule(1)
    width, part = field(paths(context, size, channels=1))
    numbers["context module"] = {
        "rates": list(DILATIONS), "field": width, "seen": round(part, 3),
    }  # fmt: skip
    pyramid = sum(paths(tower([rate]), size) for rate in RATES)
    numbers["ASPP"] = {
        "rates": list(RATES), "field": field(pyramid)[0], "taps": int((pyramid > 0).sum()),
    }  # fmt: skip
    return {"ways": ways, "pyramid": pyramid, "numbers": numbers}


def draw(seen):
    """Draw the ways on a scale of logarithms; what is white is not seen."""
    figure, row = strip(4, 3.0)
    for axes, (name, ways) in zip(row, seen["ways"].items(), strict=False):
        about = seen["numbers"][name]
        share = ways / ways.max()
        shown = show(
            axes,
            np.where(ways > 0, share, np.nan),
            f"rates {', '.join(map(str, about['rates']))}\nfield {about['field']} px, "
            f"{about['seen']:.0%} seen",
            cmap="viridis",
            norm=LogNorm(1e-4, 1),
        )
    about = seen["numbers"]["ASPP"]
    taps = np.where(seen["pyramid"] > 0, seen["pyramid"], np.nan)
    show(
        row[-1],
        taps / np.nanmax(taps),
        f"ASPP, rates {', '.join(map(str, about['rates']))}\n{about['taps']} places in "
        f"{about['field']} x {about['field']}",
        cmap="viridis",
        norm=LogNorm(1e-4, 1),
    )
    figure.colorbar(shown, ax=row, fraction=0.03, aspect=22, label="ways to the output")
    for axes in row:
        axes.spines[:].set_visible(True)
        axes.spines[:].set_color("#d1d5db")
    return figure
