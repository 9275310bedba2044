"""More or less of a class: a constant that is added to its logits."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.reach import CONVOLUTIONS

CLOSE = 0.02  # of the largest change


def find_score_bias(net: SegmentationNet) -> str | None:
    """Name the bias whose change by a constant changes each logit by just that.

    It is that of the last layer, mostly. What is up-sampled by learned weights after it changes
    by something else, the more the longer these have learned: this is measured on noise, for the
    network as it is. ``None`` if no bias does it to 2 %.
    """
    biases = [
        f"{name}.bias"
        for name, layer in net.named_modules()
        if isinstance(layer, CONVOLUTIONS) and layer.bias is not None
        if layer.bias.shape == (net.classes,)
    ]
    return next((name for name in reversed(biases) if _adds(net, name)), None)


@torch.no_grad()
def _adds(net: SegmentationNet, name: str) -> bool:
    bias, training = net.get_parameter(name), net.training
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(1, net.in_channels, *net.min_size, generator=rng).to(bias)
    by = torch.arange(1.0, net.classes + 1, device=bias.device)
    net.eval()
    try:
        before = net(noise)
        with _changed(bias, by):
            after = net(noise)
    finally:
        net.train(training)
    wanted = by.view(-1, *[1] * net.ndim)
    return bool((after - before - wanted).abs().max() <= CLOSE * net.classes)


@contextmanager
def shifted(net: SegmentationNet, by: Tensor) -> Iterator[None]:
    """Add a constant to the logits of each class, shape ``(classes,)``, within the context.

    Where no bias does that (see `find_score_bias`) the network stays as it is.
    """
    name = find_score_bias(net) if by.any() else None
    if name is None:
        yield
        return
    bias = net.get_parameter(name)
    with _changed(bias, by.to(bias)):
        yield


@torch.no_grad()
def shift(net: SegmentationNet, by: Tensor) -> bool:
    """Add a constant to the logits of each class for good; tell whether that could be done."""
    name = find_score_bias(net) if by.any() else None
    if name is not None:
        net.get_parameter(name).add_(by.to(net.get_parameter(name)))
    return name is not None


@contextmanager
def _changed(bias: nn.Parameter, by: Tensor) -> Iterator[None]:
    kept = bias.detach().clone()
    with torch.no_grad():
        bias.add_(by)
        try:
            yield
        finally:
            bias.copy_(kept)
