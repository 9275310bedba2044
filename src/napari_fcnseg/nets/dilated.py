"""Dilated convolutions: front end and context module (Yu and Koltun, ICLR 2016, 1511.07122)."""

from typing import Literal

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.initialise import he_init, score_init
from napari_fcnseg.nets.upsample import bilinear
from napari_fcnseg.nets.vgg import load_vgg, scaled, vgg_stages

DILATIONS = (1, 1, 2, 4, 8, 16, 1)
CHANNELS = {"basic": (1,) * 7, "large": (2, 2, 4, 8, 16, 32, 32)}  # in those of the classes
Kind = Literal["basic", "large"]
BACKBONES = ("vgg16", "vgg16_bn")  # of 13 convolutions: the margin counts them
MARGIN = 186  # pixels that the valid front end loses on each side


class ContextModule(nn.Module):
    """Context module: class maps to class maps of the same size, seeing 67 x 67 of them.

    28 392 parameters for 21 classes in its basic form, 6 803 139 in its large one. It
    starts as the identity; with random weights it does not train.

    Parameters
    ----------
    classes
        Channels in and out.
    kind
        ``"basic"`` or ``"large"``, with up to 32 times as many channels.
    """

    def __init__(self, classes: int, kind: Kind = "basic") -> None:
        super().__init__()
        if kind not in CHANNELS:
            raise NetError(f"context = {kind!r}: choose one of 'basic', 'large'")
        channels = [classes, *(classes * times for times in CHANNELS[kind])]
        layers: list[nn.Module] = []
        for inputs, outputs, rate in zip(channels[:-1], channels[1:], DILATIONS, strict=True):
            layers.append(nn.Conv2d(inputs, outputs, 3, padding=rate, dilation=rate))
            layers.append(nn.ReLU(inplace=True))
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], classes, 1))
        identity_init(self, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Refine ``(N, classes, Y, X)``."""
        refined: Tensor = self.layers(x)
        return refined


@torch.no_grad()
def identity_init(net: nn.Module, classes: int) -> None:
    """Make each convolution of a chain pass every class on (Yu and Koltun, section 3).

    Where a layer has more maps than classes, each class has a group of them: it is copied
    into the group, and averaged from it. A little noise lets the copies part.
    """
    for layer in net.modules():
        if not isinstance(layer, nn.Conv2d):
            continue
        outputs, inputs, height, width = layer.weight.shape
        from_class = torch.arange(inputs) * classes // inputs
        to_class = torch.arange(outputs) * classes // outputs
        same = (to_class[:, None] == from_class[None, :]).to(layer.weight)
        layer.weight.normal_(0, 1e-3 * classes / outputs)
        layer.weight[..., height // 2, width // 2] += same * classes / inputs
        if layer.bias is not None:
            layer.bias.zero_()


class DilatedNet(SegmentationNet):
    """Front end of Yu and Koltun: ``(N, in_channels, Y, X)`` to ``(N, classes, Y', X')``.

    VGG-16 without its last two pools; their strides became dilation. Convolutions are
    valid: 900 x 900 pixels give 66 x 66 scores, which are up-sampled to 528 x 528.
    134 346 581 parameters for 3 channels and 21 classes.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    backbone
        ``"vgg16"``, as published, or ``"vgg16_bn"``, which also learns from random weights.
    width
        Channels of the first layer; 64 as published, all others in proportion.
    context
        A `ContextModule` on the scores: ``"basic"``, ``"large"`` or none.
    pretrained
        Weights of VGG-16, fc6 and fc7 included; see `load_pretrained`.
    """

    encoder_parts = ("stages",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        backbone: Literal["vgg16", "vgg16_bn"] = "vgg16",
        width: int = 64,
        context: Kind | None = None,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        if backbone not in BACKBONES:
            raise NetError(f"backbone = {backbone!r}: choose one of {', '.join(BACKBONES)}")
        self.in_channels, self.classes = in_channels, classes
        self.stages = nn.ModuleList(
            vgg_stages(backbone, in_channels, width, padding=0, dilations=(1, 1, 1, 1, 2))
        )
        self.pool = nn.MaxPool2d(2)
        deep, wide = scaled(512, width), scaled(4096, width)
        self.fc6 = nn.Sequential(
            nn.Conv2d(deep, wide, 7, dilation=4), nn.ReLU(inplace=True), nn.Dropout(0.5)
        )
        self.fc7 = nn.Sequential(nn.Conv2d(wide, wide, 1), nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.score = nn.Conv2d(wide, classes, 1)
        he_init(self)
        score_init(self.score)
        self.context = ContextModule(classes, context) if context else nn.Identity()
        if pretrained:
            load_vgg([*self.stages, self.fc6, self.fc7], backbone, pretrained, in_channels)

    @property
    def stride(self) -> tuple[int, ...]:
        """Pixels per score."""
        return (8, 8)

    @property
    def margin(self) -> tuple[int, ...]:
        """Border lost by valid convolutions."""
        return (MARGIN, MARGIN)

    @property
    def min_size(self) -> tuple[int, ...]:
        """The input that leaves one score."""
        return (2 * MARGIN + 8,) * 2

    def forward(self, x: Tensor) -> Tensor:
        """Return logits; see the class for shapes."""
        self.check_input(x)
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number < 3:
                x = self.pool(x)
        return bilinear(self.context(self.score(self.fc7(self.fc6(x)))), 8)
