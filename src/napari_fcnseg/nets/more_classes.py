"""From a trained network to the same for other classes."""

from collections.abc import Sequence

import torch

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.registry import build_net


@torch.no_grad()
def take_over(net: SegmentationNet, trained: SegmentationNet, places: Sequence[int]) -> None:
    """Copy the weights of `trained` into `net`, the same network for more classes.

    Dimensions that stand for classes are found by building the network with one class more.
    What belongs to a new class stays as it is in `net`.

    Parameters
    ----------
    net, trained
        With the same name and options but for the classes.
    places
        Output of `net` for each output of `trained`.

    Raises
    ------
    NetError
        If a layer has other multiples of the classes.
    """
    options = {k: v for k, v in net.options.items() if k != "pretrained"}
    with torch.device("meta"):
        wider = build_net(net.name, net.in_channels, net.classes + 1, **options).state_dict()
    theirs = trained.state_dict()
    for name, ours in net.state_dict().items():
        sizes = list(zip(ours.shape, wider[name].shape, strict=True))
        if not sizes:  # BatchNorm counts its batches
            ours.copy_(theirs[name])
            continue
        if any(n != m and n != net.classes for n, m in sizes):
            raise NetError(
                f"{name} of {net.name} {tuple(ours.shape)} has groups of maps for each class: no "
                "class can be added to it; train it anew"
            )
        along = [torch.tensor(places) if n != m else torch.arange(n) for n, m in sizes]
        ours[torch.meshgrid(*along, indexing="ij")] = theirs[name]
