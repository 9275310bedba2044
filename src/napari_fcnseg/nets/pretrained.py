"""Published weights of backbones: downloaded only when asked for, or read from a file."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import Tensor

from napari_fcnseg.errors import COPY_AGAIN, NetError

State = dict[str, Tensor]


def import_torchvision() -> Any:
    """Import torchvision, or raise `NetError` saying what to install."""
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:  # "operator torchvision::nms does not exist"
        raise NetError(
            f"torchvision cannot be imported ({error}). This network needs it; install the "
            "torchvision that belongs to your torch, both from the same index: "
            "pip install --upgrade torch torchvision"
        ) from error
    return torchvision


def load_pretrained(backbone: str, pretrained: str) -> State:
    """Load the weights of a backbone.

    Parameters
    ----------
    backbone
        A model of torchvision, for example ``"vgg16"`` or ``"resnet18"``.
    pretrained
        A name of its weights enum, such as ``"IMAGENET1K_V1"`` or ``"DEFAULT"``; it is
        downloaded once into torch's cache. Or a file with a state dict.

    Raises
    ------
    NetError
        If there are no such weights, or they are neither in the cache nor to be had.
    """
    path = Path(pretrained)
    if path.suffix in (".pth", ".pt"):
        return _read(path)
    torchvision = import_torchvision()
    known = torchvision.models.get_model_weights(backbone)
    if pretrained not in known.__members__:
        raise NetError(
            f"pretrained = {pretrained!r}: the weights of {backbone} are "
            f"{', '.join(known.__members__)}, or give a file ending in .pth"
        )
    url = known[pretrained].url
    try:
        state: State = torch.hub.load_state_dict_from_url(
            url, map_location="cpu", check_hash=True, weights_only=True
        )
    except (URLError, OSError) as error:
        place = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
        raise NetError(
            f"cannot download the weights {pretrained} of {backbone} ({error}). Put the file of "
            f"{url} at {place}, or anywhere else and give its path as pretrained"
        ) from error
    return state


def _read(path: Path) -> State:
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise NetError(
            f"the weight file {path} does not exist: give its path, or the name of published "
            "weights"
        ) from error
    except Exception as error:  # pickle, zip and torch each raise their own
        raise NetError(f"the weight file {path} cannot be read: {error}; {COPY_AGAIN}") from error
    return state


def adapt_stem(weight: Tensor, in_channels: int) -> Tensor:
    """Fit the RGB filters of a first layer to another number of channels.

    An image whose channels are all equal gives what its RGB copy gave: each new channel has
    the mean filter, times ``3 / in_channels``.

    Parameters
    ----------
    weight
        ``(filters, 3, Y, X)``.
    in_channels
        Channels wanted; 3 leaves the filters as they are.

    Returns
    -------
    Tensor
        ``(filters, in_channels, Y, X)``.
    """
    if in_channels == weight.shape[1]:
        return weight
    mean = weight.sum(1, keepdim=True) / in_channels
    return mean.expand(-1, in_channels, -1, -1).clone()
