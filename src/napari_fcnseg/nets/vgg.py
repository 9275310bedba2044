"""The convolutions of VGG (Simonyan and Zisserman, ICLR 2015, arXiv 1409.1556)."""

from collections.abc import Iterable, Sequence

from torch import nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.pretrained import adapt_stem, load_pretrained

LAYERS = {  # convolutions per stage
    "vgg16": (2, 2, 3, 3, 3),
    "vgg16_bn": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
FIRST = 64  # channels of the first stage, as published
WIDTHS = (1, 2, 4, 8, 8)  # channels of each stage, in those of the first


def vgg_stages(
    backbone: str,
    in_channels: int,
    width: int = FIRST,
    *,
    padding: int = 1,
    first_padding: int | None = None,
    dilations: Sequence[int] = (1, 1, 1, 1, 1),
) -> list[nn.Sequential]:
    """Build the five stages of 3 x 3 convolutions with ReLU, without their pools.

    Parameters
    ----------
    backbone
        ``"vgg16"``, ``"vgg16_bn"`` (with BatchNorm) or ``"vgg19"``.
    in_channels
        Channels in.
    width
        Channels of the first stage; 64 is the published network, less is a slim one.
    padding
        Of each convolution, in units of its dilation.
    first_padding
        Of the very first convolution, if it differs.
    dilations
        Of each stage.
    """
    if backbone not in LAYERS:
        raise NetError(f"backbone = {backbone!r}: choose one of {', '.join(LAYERS)}")
    if width < 1:
        raise NetError(f"width = {width}: the first stage needs at least 1 channel")
    stages: list[nn.Sequential] = []
    inputs = in_channels
    for count, times, dilation in zip(LAYERS[backbone], WIDTHS, dilations, strict=True):
        layers: list[nn.Module] = []
        for _ in range(count):
            pad = padding * dilation
            if inputs == in_channels and not stages and not layers and first_padding is not None:
                pad = first_padding
            layers.append(nn.Conv2d(inputs, times * width, 3, padding=pad, dilation=dilation))
            inputs = times * width
            if backbone.endswith("_bn"):
                layers.append(nn.BatchNorm2d(inputs))
            layers.append(nn.ReLU(inplace=True))
        stages.append(nn.Sequential(*layers))
    return stages


def scaled(channels: int, width: int) -> int:
    """Scale published `channels` to a network whose first stage has `width`, not 64."""
    return max(1, channels * width // FIRST)


def load_vgg(
    modules: Iterable[nn.Module], backbone: str, pretrained: str, in_channels: int
) -> None:
    """Copy published weights of VGG, layer by layer in their order; see `load_pretrained`.

    Fully connected layers fill convolutions of as many weights: fc6 of 7 x 7, fc7 of 1 x 1.
    Layers beyond those of `modules`, such as the classes of ImageNet, are left out.

    Raises
    ------
    NetError
        If a layer has another size than in the file.
    """
    state = load_pretrained(backbone, pretrained)
    state["features.0.weight"] = adapt_stem(state["features.0.weight"], in_channels)
    wanted = [
        (name, tensor)
        for module in modules
        for layer in module.modules()
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d)
        for name, tensor in layer.state_dict(keep_vars=True).items()
        if name != "num_batches_tracked"
    ]
    given = [(k, v) for k, v in state.items() if not k.endswith("num_batches_tracked")]
    for (name, tensor), (key, value) in zip(wanted, given, strict=False):
        if key.rpartition(".")[2] != name or value.numel() != tensor.numel():
            raise NetError(
                f"the weights do not fit: {key} of {tuple(value.shape)} meets {name} of "
                f"{tuple(tensor.shape)}; leave out width, as published weights are of one width"
            )
        tensor.data.copy_(value.reshape(tensor.shape))
