"""SegNet and SegNet-Basic (Badrinarayanan, Kendall, Cipolla, PAMI 2017, arXiv 1511.00561)."""

from torch import Tensor, nn

from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.unpool import IndexPool, Unpool, ascend, descend
from napari_fcnseg.nets.vgg import LAYERS, scaled, vgg_stages


class SegNet(SameSizeNet):
    """SegNet: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    The encoder is VGG-16 with BatchNorm; the decoder mirrors it and puts features back to
    where the maxima of each pool were. 29 449 355 parameters for 3 channels and 11 classes.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    width
        Channels of the first stage; 64 as published, all others in proportion.
    """

    cell = 32
    encoder_parts = ("encoder",)

    def __init__(self, in_channels: int = 1, classes: int = 2, *, width: int = 64) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        self.encoder = nn.ModuleList(vgg_stages("vgg16_bn", in_channels, width))
        self.pool, self.unpool = IndexPool(), Unpool()
        channels = [scaled(c, width) for c in (64, 128, 256, 512, 512)]
        self.decoder = nn.ModuleList()
        for level in reversed(range(5)):
            own, below = channels[level], channels[max(level - 1, 0)]
            count = LAYERS["vgg16"][level]
            ends = [own] * (count - 1) + [below if level else classes]
            layers: list[nn.Module] = []
            for inputs, outputs in zip([own, *ends[:-1]], ends, strict=True):
                layers += conv_bn_relu(inputs, outputs, 3)
            self.decoder.append(nn.Sequential(*layers[: None if level else -2]))
        he_init(self)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        return ascend(self.decoder, self.unpool, *descend(self.encoder, self.pool, x))


class SegNetBasic(SameSizeNet):
    """SegNet-Basic, four levels of one 7 x 7 convolution: 1 416 587 parameters (3 to 11).

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    width
        Channels of every layer; 64 as published.
    """

    cell = 16
    encoder_parts = ("encoder",)

    def __init__(self, in_channels: int = 1, classes: int = 2, *, width: int = 64) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        inputs = [in_channels, width, width, width]
        self.encoder = nn.ModuleList(nn.Sequential(*conv_bn_relu(i, width, 7)) for i in inputs)
        # The decoder of SegNet-Basic has no ReLU.
        self.decoder = nn.ModuleList(
            nn.Sequential(*conv_bn_relu(width, width, 7)[:2]) for _ in inputs
        )
        self.pool, self.unpool = IndexPool(), Unpool()
        self.head = nn.Conv2d(width, classes, 1)
        he_init(self)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        x = ascend(self.decoder, self.unpool, *descend(self.encoder, self.pool, x))
        logits: Tensor = self.head(x)
        return logits


def conv_bn_relu(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    """Convolution that keeps the size, BatchNorm, ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
