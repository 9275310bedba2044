"""Networks and images that several benchmarks use."""

from typing import ClassVar

import numpy as np
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.nets.base import SameSizeNet

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#999999")
MEAN, STD = 128.0, 64.0


class OneConvolution(SameSizeNet):
    """Engine and disk alone: a network of one 1 x 1 convolution."""

    cell = 1

    def __init__(self, classes=2):
        super().__init__()
        self.in_channels, self.classes, self.options = 1, classes, {}
        self.head = nn.Conv2d(1, classes, 1)

    def compute(self, x):  # noqa: D102
        return self.head(x)


def benchmark_model(net="unet", classes=2):
    """Make a model: U-Net of five levels, base 16, BatchNorm, random weights; or one layer."""
    torch.manual_seed(0)
    if net == "one":
        built = OneConvolution(classes)
    else:
        built = fs.build_net("unet", 1, classes, depth=5, width=16, padding="same", norm="batch")
        with torch.no_grad():  # statistics as a trained network has them
            for layer in built.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.momentum = None
            built.train()(torch.randn(2, 1, 256, 256))
    named = tuple(fs.SegClass(i + 1, f"class {i + 1}", COLOURS[i]) for i in range(classes))
    return fs.Model(built.eval(), Normalisation("mean_std", (MEAN,), (STD,)), named)


class Generated:
    """A u8 stack that is made when it is read: ramps, so that no tile is blank."""

    dtype: ClassVar = np.dtype(np.uint8)

    def __init__(self, slices, edge):
        self.shape = (slices, edge, edge)
        ramp = np.arange(edge, dtype=np.uint32)
        self.plane = ((ramp[:, None] // 16 + ramp // 8) % 251).astype(np.uint8)

    def __getitem__(self, region):
        z, *plane = region
        part = self.plane[tuple(plane)]
        return np.broadcast_to(part, (len(range(*z.indices(self.shape[0]))), *part.shape))
