"""The sliding-window network of the ISBI 2012 challenge (Ciresan et al., NIPS 2012), run dense."""

import math

from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.atrous import convolutionalize, to_atrous
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.initialise import he_init

WINDOW = 95  # pixels along each edge of a patch


class ScaledTanh(nn.Module):
    """``1.7159 tanh(2 x / 3)``, LeCun's, as the paper takes it."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to each value."""
        return 1.7159 * (0.6666 * x).tanh()

    def influence(self) -> nn.Module:
        """Pass influence on: a value sees itself only."""
        return nn.Identity()


class CiresanN4(SegmentationNet):
    """N4: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y - 94, X - 94)``.

    A classifier of the middle pixel of a window of 95 x 95, 219 290 parameters for one
    channel and two classes. Here it is convolutional and a-trous: each output is exactly
    what the classifier says of its window, and neighbouring windows share their work. So
    training on labelled pixels is training on their patches.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    width
        Maps of the convolutions, 48 as published; the fully connected layer in proportion.
    """

    def __init__(self, in_channels: int = 1, classes: int = 2, *, width: int = 48) -> None:
        super().__init__()
        if width < 1:
            raise NetError(f"width = {width}: a convolution needs at least 1 map")
        self.in_channels, self.classes = in_channels, classes
        classifier = patch_classifier(in_channels, classes, width)
        he_init(classifier)
        self.dense = to_atrous(convolutionalize(classifier, (in_channels, WINDOW, WINDOW)))
        self.encoder_parts = tuple(f"dense.{i}" for i in range(len(self.dense) - 1))

    @property
    def stride(self) -> tuple[int, ...]:
        """Each pixel has its own window."""
        return (1, 1)

    @property
    def margin(self) -> tuple[int, ...]:
        """Half a window."""
        return (WINDOW // 2,) * 2

    @property
    def min_size(self) -> tuple[int, ...]:
        """One window."""
        return (WINDOW, WINDOW)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of each pixel that has its whole window in `x`."""
        self.check_input(x)
        logits: Tensor = self.dense(x)
        return logits


def patch_classifier(in_channels: int = 1, classes: int = 2, width: int = 48) -> nn.Sequential:
    """N4 as published, from windows ``(N, in_channels, 95, 95)`` to ``(N, classes)``."""
    layers: list[nn.Module] = []
    inputs = in_channels
    for kernel in (4, 5, 4, 4):
        layers += [nn.Conv2d(inputs, width, kernel), ScaledTanh(), nn.MaxPool2d(2)]
        inputs = width
    hidden = math.ceil(200 * width / 48)
    dense = [nn.Flatten(), nn.Linear(9 * width, hidden), ScaledTanh(), nn.Linear(hidden, classes)]
    return nn.Sequential(*layers, *dense)
