"""Fully convolutional networks (Long, Shelhamer, Darrell, CVPR 2015; PAMI 2017, 1605.06211)."""

from typing import Literal

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.upsample import bilinear_deconv
from napari_fcnseg.nets.vgg import load_vgg, scaled, vgg_stages

FIRST_PADDING = 100  # keeps every output inside the image: Long et al.'s own way
# For each stride of the finest scores: where the scores lie in those of the coarser ones.
OFFSETS = {32: (19,), 16: (5, 27), 8: (5, 9, 31)}


class FCN(SameSizeNet):
    """FCN-32s, FCN-16s or FCN-8s on VGG: ``(N, in_channels, Y, X)`` to ``(N, classes, Y, X)``.

    With 3 channels and 21 classes these have 136 152 917, 134 815 994 and 134 489 759
    parameters, bilinear kernels included. The up-sampling starts bilinear and is learned;
    scores start at 0.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    finest
        Pixels per cell of the finest scores: 32, 16 or 8.
    backbone
        ``"vgg16"``, ``"vgg16_bn"`` or ``"vgg19"``.
    width
        Channels of the first layer; 64 as published, all others in proportion.
    fuse
        ``"scores"``: each level is scored and the scores are added, as published.
        ``"features"``: features are up-sampled to the channels of the finer level and
        added, and only the sum is scored.
    at_once
        Scale pool4 by 0.01 and pool3 by 0.0001 before they are scored, as in training all
        levels at once; otherwise train the coarser network first, see `refine_fcn`.
    pretrained
        Weights of the backbone, fc6 and fc7 included; see `load_pretrained`.
    """

    cell = 32
    encoder_parts = ("stages",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        finest: Literal[8, 16, 32] = 8,
        backbone: str = "vgg16",
        width: int = 64,
        fuse: Literal["scores", "features"] = "scores",
        at_once: bool = False,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        if fuse not in ("scores", "features"):
            raise NetError(f"fuse = {fuse!r}: choose one of 'scores', 'features'")
        self.in_channels, self.classes, self.finest = in_channels, classes, finest
        self.offsets, self.at_once, self.fuse = OFFSETS[finest], at_once, fuse
        self.stages = nn.ModuleList(
            vgg_stages(backbone, in_channels, width, first_padding=FIRST_PADDING)
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        deep, wide = scaled(512, width), scaled(4096, width)
        self.fc6 = nn.Sequential(nn.Conv2d(deep, wide, 7), nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.fc7 = nn.Sequential(nn.Conv2d(wide, wide, 1), nn.ReLU(inplace=True), nn.Dropout(0.5))
        finer = [deep, scaled(256, width)][: len(self.offsets) - 1]
        he_init(self)
        factors = [2] * len(finer) + [finest]
        if fuse == "scores":
            scores = [nn.Conv2d(c, classes, 1) for c in [wide, *finer]]
            ups = [bilinear_deconv(classes, factor) for factor in factors]
            for score in scores:
                nn.init.zeros_(score.weight)
                nn.init.zeros_(score.bias)  # type: ignore[arg-type]
        else:
            scores = [nn.Conv2d(wide, classes, 1)]
            channels = zip([classes, *finer], [*finer, classes], factors, strict=True)
            ups = [nn.ConvTranspose2d(i, o, 2 * f, stride=f) for i, o, f in channels]
            for layer in (*scores, *ups):
                he_init(layer)
        self.scores, self.ups = nn.ModuleList(scores), nn.ModuleList(ups)
        if pretrained:
            load_vgg([*self.stages, self.fc6, self.fc7], backbone, pretrained, in_channels)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        size = x.shape[2:]
        pools = []
        for stage in self.stages:
            x = self.pool(stage(x))
            pools.append(x)
        x = self.scores[0](self.fc7(self.fc6(x)))
        skips = [pools[3], pools[2]][: len(self.offsets) - 1]
        scales = (0.01, 0.0001) if self.at_once else (1.0, 1.0)
        for i, (skip, scale) in enumerate(zip(skips, scales, strict=False)):
            x = self.ups[i](x)
            skip = skip * scale
            if self.fuse == "scores":
                skip = self.scores[i + 1](skip)
            x = x + _cut(skip, self.offsets[i], x.shape[2:])
        return _cut(self.ups[-1](x), self.offsets[-1], size)


def _cut(x: Tensor, offset: int, size: torch.Size) -> Tensor:
    return x[..., offset : offset + size[0], offset : offset + size[1]]


def refine_fcn(coarse: FCN, fine: FCN) -> None:
    """Start `fine` from a trained, coarser network of the same backbone: staged training.

    What both have is copied; the score of the new level stays 0, so that `fine` starts as
    `coarse` does, with its last up-sampling made of two bilinear steps.

    Raises
    ------
    NetError
        If the two do not have the same backbone, width and classes, or do not fuse scores.
    """
    if (coarse.fuse, fine.fuse) != ("scores", "scores"):
        raise NetError(
            "staged training adds scores of a new level that start at 0; give two FCNs with "
            'fuse = "scores"'
        )
    theirs = coarse.state_dict()
    shared = {k: v for k, v in fine.state_dict().items() if not k.startswith(("scores.", "ups."))}
    if {k: v.shape for k, v in shared.items()} != {
        k: theirs[k].shape for k in shared if k in theirs
    } or coarse.classes != fine.classes:
        raise NetError(
            "staged training goes from one FCN to another: give two of one backbone, width and "
            "classes"
        )
    kept = {k: v for k, v in theirs.items() if k in shared or k.startswith("scores.")}
    fine.load_state_dict(kept, strict=False)
