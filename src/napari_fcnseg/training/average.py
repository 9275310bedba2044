"""A running average of the weights: smoother, and mostly better, than those of the last step."""

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from napari_fcnseg.nets.base import SegmentationNet

NORMS = nn.modules.batchnorm._BatchNorm


class Average:
    """Exponential moving average of a network's weights and statistics.

    Averages of the steps' weights are those of Polyak and Juditsky 1992; that the newest count most
    is the mean teacher of Tarvainen and Valpola 2017.

    Parameters
    ----------
    net
        What is averaged.
    decay
        Of the average, 0 for none; in the first steps less, so that the start is soon forgotten.

    Attributes
    ----------
    net
        A network with the averaged weights, or the given one where nothing is averaged.
    """

    def __init__(self, net: SegmentationNet, decay: float) -> None:
        self._latest, self._decay, self._steps = net, decay, 0
        self.net = copy.deepcopy(net).requires_grad_(False) if decay else net

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        if not self._decay:
            return
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        latest = self._latest.state_dict()
        for name, ours in self.net.state_dict().items():
            if ours.is_floating_point():
                ours.lerp_(latest[name], 1 - decay)
            else:
                ours.copy_(latest[name])

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return what is needed to go on."""
        averaged = self.net.state_dict() if self._decay else {}
        return {**averaged, "steps": self._steps}

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        """Go on from a state."""
        weights = dict(state)
        self._steps = int(weights.pop("steps"))
        if self._decay:
            self.net.load_state_dict(weights)


@torch.no_grad()
def estimate_statistics(net: nn.Module, batches: Iterable[Tensor]) -> None:
    """Set the statistics of each BatchNorm to their mean over `batches`.

    Running statistics lag behind the weights, and an average of weights has never seen any.
    """
    layers = [layer for layer in net.modules() if isinstance(layer, NORMS)]
    if not layers:
        return
    net.eval()
    for layer in layers:  # these, and nothing else, are in training
        layer.reset_running_stats()
        layer.train()
    with follow_with(net, None):
        for batch in batches:
            net(batch)
    net.eval()


@contextmanager
def follow_with(net: nn.Module, momentum: float | None) -> Iterator[None]:
    """Let each BatchNorm follow what it sees with another momentum; ``None``: a plain mean."""
    layers = [layer for layer in net.modules() if isinstance(layer, NORMS)]
    before = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = momentum
    try:
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.momentum = own
