"""ResNet backbones (He et al., CVPR 2016), with torchvision's blocks and names."""

from typing import Any

from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.pretrained import adapt_stem, import_torchvision, load_pretrained

BLOCKS = {
    "resnet18": ("BasicBlock", (2, 2, 2, 2)),
    "resnet34": ("BasicBlock", (3, 4, 6, 3)),
    "resnet50": ("Bottleneck", (3, 4, 6, 3)),
    "resnet101": ("Bottleneck", (3, 4, 23, 3)),
}


class ResNetBackbone(nn.Module):
    """Features of a ResNet at four resolutions; state dicts of torchvision fit it.

    Parameters
    ----------
    backbone
        ``"resnet18"``, ``"resnet34"``, ``"resnet50"`` or ``"resnet101"``.
    in_channels
        Channels in.
    width
        Channels of the stem, 64 as published.
    output_stride
        32, 16 or 8: later strides are taken out, and what follows is dilated instead
        (Chen et al. 2017, arXiv 1606.00915).
    pretrained
        See `load_pretrained`.

    Attributes
    ----------
    channels
        Of the four features.
    """

    def __init__(
        self,
        backbone: str,
        in_channels: int,
        width: int = 64,
        *,
        output_stride: int = 32,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        if backbone not in BLOCKS:
            raise NetError(f"backbone = {backbone!r}: choose one of {', '.join(BLOCKS)}")
        if width < 1:
            raise NetError(f"width = {width}: the stem needs at least 1 channel")
        resnet = import_torchvision().models.resnet
        kind, counts = BLOCKS[backbone]
        block = getattr(resnet, kind)
        self.conv1 = nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.channels = tuple(width * 2**i * block.expansion for i in range(4))
        stride, dilation = 4, 1
        for i, count in enumerate(counts):
            step = 1 if i == 0 else 2
            inputs = width if i == 0 else self.channels[i - 1]
            stage = _stage(block, inputs, width * 2**i, count, step)
            before = dilation
            if stride * step > output_stride:
                dilation *= step
            else:
                stride *= step
            _dilate(stage, before, dilation)
            self.add_module(f"layer{i + 1}", stage)
        self._initialise()
        if pretrained:
            state = load_pretrained(backbone, pretrained)
            state["conv1.weight"] = adapt_stem(state["conv1.weight"], in_channels)
            self.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})

    def _initialise(self) -> None:
        """Weights from N(0, 2 / fan out), as torchvision and He et al. 2016."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the features behind each of the four stages, finest first."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        features = []
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
            features.append(x)
        return features


def _stage(block: Any, inputs: int, width: int, count: int, step: int) -> nn.Sequential:
    outputs = width * int(block.expansion)
    shortcut = None
    if step > 1 or inputs != outputs:
        shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=step, bias=False), nn.BatchNorm2d(outputs)
        )
    blocks = [block(inputs, width, step, shortcut)]
    blocks += [block(outputs, width) for _ in range(1, count)]
    return nn.Sequential(*blocks)


def _dilate(stage: nn.Sequential, before: int, dilation: int) -> None:
    """Trade the stride of a stage for dilation; its first block still has the earlier one."""
    for number, block in enumerate(stage):
        for layer in block.modules():
            if not isinstance(layer, nn.Conv2d):
                continue
            if dilation > before:
                layer.stride = (1, 1)
            if layer.kernel_size == (3, 3):
                rate = before if number == 0 else dilation
                layer.dilation = layer.padding = (rate, rate)
