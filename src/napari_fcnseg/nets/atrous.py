"""From patch classifiers to dense networks: convolutionalise, a-trous, shift and stitch."""

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from napari_fcnseg.errors import NetError

POOLS = (nn.MaxPool2d, nn.AvgPool2d)
STRIDED = (nn.Conv2d, *POOLS)


def convolutionalize(classifier: nn.Module, input_shape: Sequence[int]) -> nn.Sequential:
    """Make a patch classifier fully convolutional (Long et al. 2015, section 3.1).

    Each fully connected layer becomes a convolution with the very same weights: the first
    one as large as the maps that were flattened, the others 1 x 1. On patches of
    `input_shape` outputs and number of parameters are equal; on larger images there is one
    output for each position of the window.

    Parameters
    ----------
    classifier
        A chain of layers: an ``nn.Sequential``, or a module whose children run one after
        the other with a flattening before the first fully connected one, such as VGG and
        AlexNet of torchvision.
    input_shape
        ``(channels, Y, X)`` of the patches.

    Returns
    -------
    nn.Sequential
        From ``(N, channels, Y', X')`` to ``(N, classes, y, x)``.

    Raises
    ------
    NetError
        If a layer cannot be made a convolution.
    """
    layers: list[nn.Module] = []
    shape: tuple[int, ...] = tuple(input_shape)
    flat = False
    for layer in _chain(classifier):
        if isinstance(layer, nn.Flatten):
            flat = True
            continue
        if isinstance(layer, nn.AdaptiveAvgPool2d):
            size = layer.output_size
            wanted = (size, size) if isinstance(size, int) else size
            if shape[1:] != wanted:
                raise NetError(
                    f"the classifier pools {shape[1:]} to {wanted}; give the input_shape for "
                    "which it has nothing to pool"
                )
            continue
        if isinstance(layer, nn.Linear):
            new: nn.Module = _as_convolution(layer, shape if len(shape) == 3 else (*shape, 1, 1))
            shape = (layer.out_features,)
            flat = True
        else:
            new = copy.deepcopy(layer)
            if not flat:
                with torch.inference_mode():
                    shape = tuple(copy.deepcopy(layer).eval()(torch.zeros(1, *shape)).shape[1:])
        layers.append(new)
    return nn.Sequential(*layers).train(classifier.training)


def _chain(module: nn.Module) -> Iterator[nn.Module]:
    """Layers of a chain, flattened."""
    children = list(module.children())
    if not children:
        yield module
    for child in children:
        yield from _chain(child)


def _as_convolution(layer: nn.Linear, shape: tuple[int, ...]) -> nn.Conv2d:
    inputs, height, width = shape
    if inputs * height * width != layer.in_features:
        raise NetError(
            f"a fully connected layer of {layer.in_features} inputs does not fit maps of "
            f"{shape}; is input_shape the shape of the patches?"
        )
    bias = layer.bias is not None
    conv = nn.Conv2d(inputs, layer.out_features, (height, width), bias=bias)
    conv.weight.data.copy_(layer.weight.data.reshape(conv.weight.shape))
    if conv.bias is not None:
        conv.bias.data.copy_(layer.bias.data)
    return conv


def to_atrous(net: nn.Sequential) -> nn.Sequential:
    """Take out all strides of a valid chain and dilate what follows (Long et al., section 3.2).

    The result gives at every pixel what `net` gives at every stride: the outputs of all
    shifts, interleaved. Weights are shared with `net`.

    Raises
    ------
    NetError
        If a layer is padded; a dense output cannot be the same then.
    """
    rate, layers = 1, []
    for layer in net:
        layer = copy.copy(layer)
        if isinstance(layer, STRIDED):
            if _pair(layer.padding) != (0, 0):
                raise NetError(f"{layer} is padded; only valid layers can be made a-trous")
            stride = _pair(layer.stride)[0]
            if isinstance(layer, nn.AvgPool2d):
                layer = _DilatedAverage(_pair(layer.kernel_size)[0], rate)
            else:
                layer.dilation = _times(layer.dilation, rate)
                layer.stride = (1, 1)
            rate *= stride
        layers.append(layer)
    return nn.Sequential(*layers)


class _DilatedAverage(nn.Module):
    """Average over dilated windows, which torch's own pooling does not have."""

    def __init__(self, size: int, rate: int) -> None:
        super().__init__()
        self.size, self.rate = size, rate

    def forward(self, x: Tensor) -> Tensor:
        kernel = x.new_full((x.shape[1], 1, self.size, self.size), 1 / self.size**2)
        return F.conv2d(x, kernel, dilation=self.rate, groups=x.shape[1])


def _pair(value: int | tuple[int, ...] | str) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _times(value: int | tuple[int, ...], rate: int) -> tuple[int, int]:
    first, second = _pair(value)
    return first * rate, second * rate


def total_stride(net: nn.Sequential) -> int:
    """Product of the strides of a chain."""
    stride = 1
    for layer in net:
        if isinstance(layer, STRIDED):
            stride *= _pair(layer.stride)[0]
    return stride


@torch.inference_mode()
def shift_and_stitch(net: nn.Sequential, image: Tensor) -> Tensor:
    """Dense output of a strided, valid network by shifting its input (Sermanet et al. 2014).

    The network runs once for each of the ``f * f`` shifts within its stride f; the outputs
    are interleaved.

    Parameters
    ----------
    net
        A chain of valid layers.
    image
        ``(N, channels, Y, X)``.

    Returns
    -------
    Tensor
        What `to_atrous` gives for the same image.
    """
    f = total_stride(net)
    dense: Tensor | None = None
    window = _window(net)
    height, width = (n - window + 1 for n in image.shape[2:])
    if height < 1 or width < 1:
        raise NetError(
            f"the image, {tuple(image.shape[2:])}, is smaller than the window {window}: give a "
            "larger one"
        )
    for top in range(min(f, height)):
        for left in range(min(f, width)):
            part = net(image[..., top:, left:])
            if dense is None:
                dense = part.new_zeros(*part.shape[:2], height, width)
            dense[..., top::f, left::f] = part
    assert dense is not None
    return dense


def _window(net: nn.Sequential) -> int:
    """Smallest input of a valid chain: its receptive field."""
    size = 1
    for layer in reversed(list(net)):
        if isinstance(layer, STRIDED):
            reach = (_pair(layer.kernel_size)[0] - 1) * (
                1 if isinstance(layer, nn.AvgPool2d) else _pair(layer.dilation)[0]
            )
            size = (size - 1) * _pair(layer.stride)[0] + reach + 1
    return size
