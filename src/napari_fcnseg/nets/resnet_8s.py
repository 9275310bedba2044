"""Dilated residual FCNs at an eighth of the resolution (Pakhomov et al. 2017, 1703.08580)."""

from torch import Tensor, nn

from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.resnet import ResNetBackbone
from napari_fcnseg.nets.upsample import corner_bilinear


class ResNet8s(SameSizeNet):
    """ResNet with dilation, 1 x 1 scores, bilinear x 8: ``(N, C, Y, X)`` to the same size.

    With 3 channels and 21 classes ResNet-18-8s has 11 187 285 parameters, ResNet-34-8s
    21 295 445 and ResNet-101-8s 42 543 189.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    backbone
        ``"resnet18"``, ``"resnet34"``, ``"resnet50"`` or ``"resnet101"``.
    width
        Channels of the stem; 64 as published.
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
        backbone: str = "resnet18",
        width: int = 64,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        self.backbone = ResNetBackbone(
            backbone, in_channels, width, output_stride=8, pretrained=pretrained
        )
        self.score = nn.Conv2d(self.backbone.channels[-1], classes, 1)
        he_init(self.score)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        return corner_bilinear(self.score(self.backbone(x)[-1]), 8)
