"""More or less of a class: a constant that is added to its logits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_fcnseg.nets.reach import CONVOLUTIONS

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet

CLOSE = 1e-4  # of the largest logit


def find_score_bias(net: "SegmentationNet") -> str | None:
    """Name the bias whose change by a constant changes each logit by just that.

    It is that of the last layer, mostly. What is up-sampled by learned weights after it changes
    by something else: this is measured on noise. ``None`` if no bias does it.
    """
    biases = [
        f"{name}.bias"
        for name, layer in net.named_modules()
        if isinstance(layer, CONVOLUTIONS) and layer.bias is not None
        if layer.bias.shape == (net.classes,)
    ]
    return next((name for name in reversed(biases) if _adds(net, name)), None)


@torch.no_grad()
def _adds(net: "SegmentationNet", name: str) -> bool:
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
    wanted = before + by.view(-1, *[1] * net.ndim)
    return bool((after - wanted).abs().max() <= CLOSE * wanted.abs().max())


@contextmanager
def shifted(net: "SegmentationNet", by: Tensor) -> Iterator[None]:
    """Add a constant to the logits of each class, shape ``(classes,)``, within the context.

    Where no bias does that (see `find_score_bias`) the network stays as it is.
    """
    if net.score_bias is None or not by.any():
        yield
        return
    bias = net.get_parameter(net.score_bias)
    with _changed(bias, by.to(bias)):
        yield


@contextmanager
def _changed(bias: nn.Parameter, by: Tensor) -> Iterator[None]:
    kept = bias.detach().clone()
    with torch.no_grad():
        bias.add_(by)
        try:
            yield
        finally:
            bias.copy_(kept)
