"""FC-DenseNet, the Tiramisu (Jegou et al., CVPRW 2017, arXiv 1611.09326)."""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SameSizeNet

LAYERS = {  # layers of each block, down to the bottleneck and up again; growth rate
    56: ((4,) * 11, 12),
    67: ((5,) * 11, 16),
    103: ((4, 5, 7, 10, 12, 15, 12, 10, 7, 5, 4), 16),
}
FIRST = 48  # channels of the first convolution


class FCDenseNet(SameSizeNet):
    """FC-DenseNet: ``(N, in_channels, Y, X)`` to logits ``(N, classes, Y, X)``.

    1 376 795, 3 463 243 and 9 322 091 parameters for 56, 67 and 103 layers, 3 channels and
    11 classes, as the authors' code builds them. On the way up only the maps that a block
    made itself are up-sampled.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    layers
        56, 67 or 103.
    width
        Channels of the first convolution, 48 as published; the growth rate in proportion.
    dropout
        Share of maps dropped behind each layer.
    checkpointing
        Compute the layers again in the backward pass instead of keeping their maps: much
        less memory in training, for about a third more time.
    """

    cell = 32
    encoder_parts = ("first", "down", "transitions")

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        layers: int = 56,
        width: int = FIRST,
        dropout: float = 0.2,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        if width < 1:
            raise NetError(f"width = {width}: the first convolution needs at least 1 channel")
        self.in_channels, self.classes = in_channels, classes
        counts, growth = LAYERS[layers]
        growth = max(1, growth * width // FIRST)
        self.first = nn.Conv2d(in_channels, width, 3, padding=1)
        self.down, self.transitions = nn.ModuleList(), nn.ModuleList()
        channels, skips = width, []
        for count in counts[:5]:
            self.down.append(_Block(channels, count, growth, dropout, checkpointing))
            channels += count * growth
            skips.append(channels)
            self.transitions.append(
                nn.Sequential(*_layer(channels, channels, 1, dropout), nn.MaxPool2d(2))
            )
        self.bottleneck = _Block(channels, counts[5], growth, dropout, checkpointing)
        self.ups, self.up = nn.ModuleList(), nn.ModuleList()
        made = counts[5] * growth
        for count in counts[6:]:
            self.ups.append(nn.ConvTranspose2d(made, made, 3, stride=2))
            channels = made + skips.pop()
            self.up.append(_Block(channels, count, growth, dropout, checkpointing))
            made = count * growth
        self.head = nn.Conv2d(channels + made, classes, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        x, skips = self.first(x), []
        for block, transition in zip(self.down, self.transitions, strict=True):
            x = torch.cat([x, block(x)], 1)
            skips.append(x)
            x = transition(x)
        made = self.bottleneck(x)
        for up, block in zip(self.ups, self.up, strict=True):
            skip = skips.pop()
            # The transposed convolution makes one line too many; the centre starts at 0.
            risen = up(made)[..., : skip.shape[2], : skip.shape[3]]
            x = torch.cat([risen, skip], 1)
            made = block(x)
        logits: Tensor = self.head(torch.cat([x, made], 1))
        return logits


class _Block(nn.Module):
    """Layers that each see all maps before them; returns the maps they made."""

    def __init__(
        self, channels: int, count: int, growth: int, dropout: float, checkpointing: bool
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(*_layer(channels + i * growth, growth, 3, dropout)) for i in range(count)
        )
        self.checkpointing = checkpointing

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.layers:
            if self.checkpointing and self.training:  # what is joined is the most of it
                maps.append(checkpoint(_joined, layer, *maps, use_reentrant=False))
            else:
                maps.append(_joined(layer, *maps))
        return torch.cat(maps[1:], 1)


def _joined(layer: nn.Module, *maps: Tensor) -> Tensor:
    made: Tensor = layer(torch.cat(maps, 1))
    return made


def _layer(inputs: int, outputs: int, kernel: int, dropout: float) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return [nn.BatchNorm2d(inputs), nn.ReLU(), conv, nn.Dropout(dropout)]
