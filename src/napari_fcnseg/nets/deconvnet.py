"""DeconvNet (Noh, Hong, Han, ICCV 2015, arXiv 1505.04366)."""

from torch import Tensor, nn

from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.initialise import he_init
from napari_fcnseg.nets.unpool import IndexPool, Unpool, ascend, descend
from napari_fcnseg.nets.vgg import scaled, vgg_stages

UP = ((512, 512, 512), (512, 512, 256), (256, 256, 128), (128, 64), (64, 64))


class DeconvNet(SameSizeNet):
    """DeconvNet: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    VGG-16 with BatchNorm down to one cell of 7 x 7, its mirror image of transposed
    convolutions and unpooling up. 251 805 653 parameters for 3 channels and 21 classes. The
    published input of 224 x 224 leaves one output of fc6; here fc6 is padded by 3, so that
    the network runs on any size, and is the published one in the middle of each patch.

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
        deep, wide = scaled(512, width), scaled(4096, width)
        self.fc6 = nn.Sequential(
            nn.Conv2d(deep, wide, 7, padding=3), nn.BatchNorm2d(wide), nn.ReLU(inplace=True)
        )
        self.fc7 = nn.Sequential(nn.Conv2d(wide, wide, 1), nn.BatchNorm2d(wide), nn.ReLU(True))
        self.fc6_deconv = _deconv(wide, deep, 7)
        self.decoder, inputs = nn.ModuleList(), deep
        for stage in UP:
            layers: list[nn.Module] = []
            for channels in stage:
                layers += _deconv(inputs, scaled(channels, width), 3)
                inputs = scaled(channels, width)
            self.decoder.append(nn.Sequential(*layers))
        self.head = nn.Conv2d(inputs, classes, 1)
        he_init(self)

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        x, places = descend(self.encoder, self.pool, x)
        x = self.fc6_deconv(self.fc7(self.fc6(x)))
        x = ascend(self.decoder, self.unpool, x, places)
        logits: Tensor = self.head(x)
        return logits


def _deconv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, kernel, padding=kernel // 2),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
