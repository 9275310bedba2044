"""DeepLab v1 (Chen et al., ICLR 2015, 1412.7062) and v2 (PAMI 2018, 1606.00915)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init, score_init
from napari_fcnseg.nets.resnet import BLOCKS, ResNetBackbone
from napari_fcnseg.nets.upsample import corner_bilinear
from napari_fcnseg.nets.vgg import LAYERS, load_vgg, scaled, vgg_stages

RATES = (6, 12, 18, 24)  # of atrous spatial pyramid pooling
# Variants of v1: kernel, rate and channels of fc6.
VARIANTS = {
    "largefov": (3, 12, 1024),
    "7x7": (7, 4, 4096),
    "crf": (4, 4, 4096),
    "4x4": (4, 8, 4096),
}


class AtrousVGG(nn.Module):
    """VGG at an eighth of the resolution: the last two pools have no stride.

    Pools see 3 x 3 pixels; behind the fourth the convolutions are dilated by 2.
    """

    def __init__(self, backbone: str, in_channels: int, width: int, pretrained: str | None) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            vgg_stages(backbone, in_channels, width, dilations=(1, 1, 1, 1, 2))
        )
        strides = (2, 2, 2, 1, 1)
        self.pools = nn.ModuleList(nn.MaxPool2d(3, stride=s, padding=1) for s in strides)
        he_init(self)
        if pretrained:
            load_vgg(self.stages, backbone, pretrained, in_channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return what comes out of each pool."""
        pooled = []
        for stage, pool in zip(self.stages, self.pools, strict=True):
            x = pool(stage(x))
            pooled.append(x)
        return pooled


class DeepLabV1(SameSizeNet):
    """DeepLab v1 on VGG-16: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    LargeFOV has 20 505 429 parameters for 3 channels and 21 classes. The published CRF is a
    step of its own, after the network.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    variant
        ``"largefov"``: fc6 is 3 x 3 at rate 12 with 1024 maps. ``"7x7"``: rate 4 with 4096.
        ``"crf"``, ``"4x4"``: 4 x 4 at rates 4 and 8, with 4096.
    multiscale
        MSC: a branch of two layers of 128 maps on the input and on each of the first four
        pools, all scores added.
    backbone
        ``"vgg16"``, as published; ``"vgg16_bn"``, which also learns from random weights; or
        ``"vgg19"``.
    width
        Channels of the first layer; 64 as published, all others in proportion.
    pretrained
        Weights of the backbone's convolutions; see `load_pretrained`.
    """

    cell = 8
    encoder_parts = ("vgg",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        variant: Literal["largefov", "7x7", "crf", "4x4"] = "largefov",
        multiscale: bool = False,
        backbone: str = "vgg16",
        width: int = 64,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        if variant not in VARIANTS:
            raise NetError(f"variant = {variant!r}: choose one of {', '.join(VARIANTS)}")
        self.in_channels, self.classes = in_channels, classes
        self.vgg = AtrousVGG(backbone, in_channels, width, pretrained)
        kernel, rate, wide = VARIANTS[variant]
        deep = scaled(512, width)
        self.average = nn.AvgPool2d(3, stride=1, padding=1)
        self.head = _head(deep, scaled(wide, width), classes, kernel, rate)
        self.branches = nn.ModuleList()
        if multiscale:
            inputs = [in_channels, *(scaled(c, width) for c in (64, 128, 256, 512))]
            self.branches.extend(_branch(i, scaled(128, width), classes) for i in inputs)
        for part in (self.head, *self.branches):
            _begin(part)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        pooled = self.vgg(x)
        scores = corner_bilinear(self.head(self.average(pooled[-1])), 8)
        for branch, seen, factor in zip(
            self.branches, [x, *pooled[:4]], (1, 2, 4, 8, 8), strict=False
        ):
            score = branch(seen)
            scores = scores + (corner_bilinear(score, factor) if factor > 1 else score)
        return scores


class DeepLabV2(SameSizeNet):
    """DeepLab v2 with ASPP: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    44 048 532 parameters on ResNet-101, 37 877 652 on VGG-16, for 3 channels and 21
    classes.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    backbone
        ``"vgg16"``, ``"vgg16_bn"``, ``"vgg19"``, or ``"resnet18"`` to ``"resnet101"``.
    rates
        Of the parallel dilated convolutions, whose scores are added; a single one makes
        the head of LargeFOV.
    width
        Channels of the first layer; 64 as published, all others in proportion.
    pretrained
        Weights of the backbone; see `load_pretrained`.
    """

    cell = 8
    encoder_parts = ("backbone",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        backbone: str = "resnet101",
        rates: Sequence[int] = RATES,
        width: int = 64,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        if not rates or min(rates) < 1:
            raise NetError(f"rates = {rates!r}: give one or more whole numbers from 1 on")
        self.in_channels, self.classes = in_channels, classes
        self.backbone: nn.Module
        if backbone in LAYERS:
            self.backbone = AtrousVGG(backbone, in_channels, width, pretrained)
            deep, wide = scaled(512, width), scaled(1024, width)
            self.branches = nn.ModuleList(_head(deep, wide, classes, 3, r) for r in rates)
            for branch in self.branches:
                _begin(branch)
        elif backbone in BLOCKS:
            self.backbone = ResNetBackbone(
                backbone, in_channels, width, output_stride=8, pretrained=pretrained
            )
            deep = self.backbone.channels[-1]
            branches = [nn.Conv2d(deep, classes, 3, padding=r, dilation=r) for r in rates]
            for branch in branches:
                score_init(branch)
            self.branches = nn.ModuleList(branches)
        else:
            raise NetError(
                f"backbone = {backbone!r}: choose one of {', '.join([*LAYERS, *BLOCKS])}"
            )

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        deep = self.backbone(x)[-1]
        scores = torch.stack([branch(deep) for branch in self.branches]).sum(0)
        return corner_bilinear(scores, 8)


def _head(inputs: int, wide: int, classes: int, kernel: int, rate: int) -> nn.Sequential:
    """fc6, fc7 and scores; an even kernel sees one rate more behind than in front."""
    reach = (kernel - 1) * rate
    return nn.Sequential(
        nn.Conv2d(inputs, wide, kernel, padding=reach // 2, dilation=rate),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Conv2d(wide, wide, 1),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Conv2d(wide, classes, 1),
    )


def _begin(head: nn.Module) -> None:
    """Draw the weights of a head; its last layer gives the scores."""
    he_init(head)
    *_, scores = (layer for layer in head.modules() if isinstance(layer, nn.Conv2d))
    score_init(scores)


def _branch(inputs: int, maps: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, maps, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(maps, maps, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(maps, classes, 1),
    )
