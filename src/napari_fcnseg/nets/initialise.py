"""Initial weights."""

import math

from torch import nn

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)


def score_init(layer: nn.Conv2d) -> None:
    """Begin with scores near 0, as published for DeepLab: N(0, 0.01), biases 0."""
    nn.init.normal_(layer.weight, std=0.01)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def he_init(net: nn.Module) -> None:
    """Draw weights from N(0, 2 / N), N the inputs that one output sums; biases become 0.

    For a transposed convolution of stride s, one output meets only every s-th tap of the
    kernel along each axis (He et al. 2015, arXiv 1502.01852, and Ronneberger et al. 2015,
    section 3).
    """
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, CONVOLUTIONS + TRANSPOSED):
            taps = math.prod(layer.kernel_size)
            if isinstance(layer, TRANSPOSED):
                taps = max(1, taps // math.prod(layer.stride))
            inputs = layer.in_channels // layer.groups * taps
            nn.init.normal_(layer.weight, std=math.sqrt(2 / inputs))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
