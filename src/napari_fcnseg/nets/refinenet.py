"""RefineNet, single cascade (Lin et al., CVPR 2017, arXiv 1611.06612)."""

from torch import Tensor, nn
from torch.nn import functional as F

from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init, score_init
from napari_fcnseg.nets.resnet import ResNetBackbone
from napari_fcnseg.nets.upsample import corner_bilinear
from napari_fcnseg.nets.vgg import scaled

MAPS = (256, 256, 256, 512)  # of each level, finest first
POOLINGS = 4  # of chained residual pooling


class RefineNet(SameSizeNet):
    """RefineNet on a ResNet: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    Each level is refined with what comes from the coarser one; nothing is dilated.
    118 052 437 parameters on ResNet-101, 99 060 309 on ResNet-50, for 3 channels and 21
    classes.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    backbone
        ``"resnet18"``, ``"resnet34"``, ``"resnet50"`` or ``"resnet101"``.
    width
        Channels of the stem; 64 as published, those of the decoder in proportion.
    pretrained
        Weights of the backbone; see `load_pretrained`.
    """

    cell = 32
    encoder_parts = ("backbone",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        backbone: str = "resnet101",
        width: int = 64,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        self.backbone = ResNetBackbone(backbone, in_channels, width, pretrained=pretrained)
        maps = [scaled(m, width) for m in MAPS]
        self.reduce = nn.ModuleList(
            _conv(i, o) for i, o in zip(self.backbone.channels, maps, strict=True)
        )
        self.blocks = nn.ModuleList(
            _Refine(own, maps[i + 1] if i < 3 else None) for i, own in enumerate(maps)
        )
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Conv2d(maps[0], classes, 3, padding=1)
        for part in (self.reduce, self.blocks, self.head):
            he_init(part)
        score_init(self.head)
        # Without BatchNorm, sums of 44 convolutions would begin at logits of 1e5: each
        # residual, and each pooling of a chain, begins as nothing added.
        for block in self.modules():
            if isinstance(block, _Residual):
                nn.init.zeros_(block.convs[-1].weight)  # type: ignore[arg-type]
            elif isinstance(block, _Refine):
                for conv in block.chain:
                    nn.init.zeros_(conv.weight)  # type: ignore[arg-type]

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        features = self.backbone(x)
        path = None
        for level in reversed(range(4)):
            path = self.blocks[level](self.reduce[level](features[level]), path)
        return corner_bilinear(self.head(self.dropout(path)), 4)


class _Refine(nn.Module):
    """Adapt, fuse with the coarser path, pool in a chain, adapt."""

    def __init__(self, maps: int, coarser: int | None) -> None:
        super().__init__()
        self.adapt = nn.Sequential(_Residual(maps), _Residual(maps))
        self.adapt_path = self.fuse_own = self.fuse_path = None
        if coarser is not None:
            self.fuse_own, self.fuse_path = _conv(maps, maps), _conv(coarser, maps)
        self.chain = nn.ModuleList(_conv(maps, maps) for _ in range(POOLINGS))
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.out = nn.Sequential(*(_Residual(maps) for _ in range(3)))

    def forward(self, x: Tensor, path: Tensor | None) -> Tensor:
        x = self.adapt(x)
        if path is not None and self.fuse_own is not None and self.fuse_path is not None:
            x = self.fuse_own(x) + corner_bilinear(self.fuse_path(path), 2)
        x = F.relu(x)
        pooled = x
        for conv in self.chain:
            pooled = conv(self.pool(pooled))
            x = x + pooled
        refined: Tensor = self.out(x)
        return refined


class _Residual(nn.Module):
    """Residual convolution unit, without BatchNorm."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.ReLU(), _conv(maps, maps, bias=True), nn.ReLU(), _conv(maps, maps)
        )

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.convs(x)
        return x + residual


def _conv(inputs: int, outputs: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)
