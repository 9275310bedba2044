"""Networks, images and patches that several benchmarks use."""

from typing import ClassVar

import numpy as np
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.images.normalise import Normalisation, fit_normalisation
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.prepare import prepare
from napari_fcnseg.training.split import Split
from napari_fcnseg.training.start import make_net
from napari_fcnseg.training.supply import Supply

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


class Patches:
    """The patches that a training run would draw from painted images, none of them held out.

    Parameters
    ----------
    painted
        Pairs of an image and its strokes.
    classes
        Names by id.
    recipe
        Decides patches, augmentation and the network they fit.

    Attributes
    ----------
    data, net, normalisation
        As the run would have them.
    supply
        Draws a batch: images, class indices, -1 where unlabelled, and no border weights.
    """

    def __init__(self, painted, classes, recipe, device="cpu"):
        images, strokes = (list(part) for part in zip(*painted, strict=True))
        self.data = prepare(images, strokes, classes=classes)
        self.net = make_net(self.data, recipe, None)
        how = recipe.normalisation, recipe.normalise_each
        self.normalisation = fit_normalisation(self.data.images, *how)
        whole = Split({}, edge=1, gap=0)
        pairs = zip(self.data.images, self.data.annotations, strict=True)
        sources = [Source(image, annotation, whole) for image, annotation in pairs]
        ids = [c.id for c in self.data.classes]
        sampler = PatchSampler(sources, ids, self.normalisation)
        rng = np.random.default_rng(recipe.seed)
        self.supply = Supply(sampler, self.net, recipe, torch.device(device), rng)
