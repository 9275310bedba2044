"""Layers that wait: the features of a trained network are good before its decisions are."""

from napari_fcnseg.nets.base import SegmentationNet


class Freeze:
    """Keeps a network's encoder as it is in the first part of a budget.

    Its BatchNorm goes on to normalise by the batch; nothing of it is learned.

    Parameters
    ----------
    net
        See `SegmentationNet.encoder_parts`.
    until
        Part of the budget, 0 to 1.
    """

    def __init__(self, net: SegmentationNet, until: float) -> None:
        self._encoder, self._until = list(net.encoder_parameters()), until

    def follow(self, progress: float) -> None:
        """Freeze or thaw, at `progress` through the budget."""
        for parameter in self._encoder:
            parameter.requires_grad_(progress >= self._until)
