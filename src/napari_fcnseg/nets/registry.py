"""The networks by name. Adding one: a file with its class, and a line here."""

import difflib
import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import NetError

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet


@dataclass(frozen=True)
class NetEntry:
    """One network of the registry; its module is imported when it is built."""

    name: str
    module: str
    cls: str
    summary: str

    def load(self) -> "type[SegmentationNet]":
        """Import the class."""
        cls: type[SegmentationNet] = getattr(import_module(self.module), self.cls)
        return cls

    def options(self) -> dict[str, Any]:
        """Names and defaults of the options that are this network's own."""
        parameters = inspect.signature(self.load()).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


_ENTRIES = (
    NetEntry("unet", "napari_fcnseg.nets.unet", "UNet", "U-Net, Ronneberger et al. 2015; 2D"),
)
NETS = {entry.name: entry for entry in _ENTRIES}


def list_nets() -> list[str]:
    """Names of all networks, for `build_net`."""
    return list(NETS)


def find_net(name: str) -> NetEntry:
    """Return the entry called `name`, or raise `NetError` with the known names."""
    if name not in NETS:
        close = difflib.get_close_matches(name, NETS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise NetError(f"unknown network {name!r}: {hint}Known networks: {', '.join(NETS)}")
    return NETS[name]


def build_net(
    name: str, in_channels: int = 1, classes: int = 2, **options: Any
) -> "SegmentationNet":
    """Build a network with fresh weights.

    Parameters
    ----------
    name
        One of `list_nets`.
    in_channels, classes
        Channels in, classes out; at least 1.
    **options
        The network's own, for example ``depth`` and ``width`` of a U-Net.

    Returns
    -------
    SegmentationNet
        A ``torch.nn.Module`` from ``(N, in_channels, Y, X)`` to logits of shape
        ``(N, classes, Y, X)``.

    Raises
    ------
    NetError
        For an unknown name or option, or a value out of range.
    """
    entry = find_net(name)
    for what, count in (("in_channels", in_channels), ("classes", classes)):
        if count < 1:
            raise NetError(f"{what} = {count}: a network needs at least 1")
    known = entry.options()
    for option in options:
        if option not in known:
            raise NetError(f"{name} has no option {option!r}; its options: {', '.join(known)}")
    net = entry.load()(in_channels, classes, **options)
    net.name, net.options = name, known | options
    return net
