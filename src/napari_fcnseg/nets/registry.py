"""The networks by name. Adding one: a file with its class, and a line here."""

import difflib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.seeding import ALONE

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet


@dataclass(frozen=True)
class NetEntry:
    """One network of the registry; its module is imported when it is built.

    Attributes
    ----------
    name
        For `build_net`.
    module, cls
        Where its class is, in this folder.
    summary
        One line for people.
    fixed
        Options of the class that make it this network, and cannot be changed.
    defaults
        Other defaults than those of the class.
    fitted
        Whether it learns all labels at once, see `FittedNet`; the others learn step by step.
    """

    name: str
    module: str
    cls: str
    summary: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fitted: bool = False

    def load(self) -> "type[SegmentationNet]":
        """Import the class."""
        module = import_module(f"napari_fcnseg.nets.{self.module}")
        cls: type[SegmentationNet] = getattr(module, self.cls)
        return cls

    def options(self) -> dict[str, Any]:
        """Names and defaults of the options that are this network's own."""
        parameters = inspect.signature(self.load()).parameters.values()
        own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        return {k: v for k, v in own.items() if k not in self.fixed} | dict(self.defaults)


_LIGHT = {"depth": 4, "width": 16, "padding": "same", "norm": "batch"}
_SAME = {"width": 32, "padding": "same", "norm": "batch", "up": "nearest"}
_LIGHT_3D = {"depth": 4, "width": 8, "flat": 2, "padding": "same"}
_ENTRIES = (
    NetEntry("unet", "unet", "UNet", "U-Net, Ronneberger et al. 2015"),
    NetEntry("unet_light", "unet", "UNet", "U-Net for few strokes and CPUs", defaults=_LIGHT),
    NetEntry("unet_same", "unet", "UNet", "U-Net as Keras courses teach it", defaults=_SAME),
    NetEntry("unet25d", "unet25d", "UNet25D", "U-Net that sees the neighbouring slices too"),
    NetEntry("unet3d", "unet3d", "UNet3D", "3D U-Net, Cicek et al. 2016"),
    NetEntry("unet3d_light", "unet3d", "UNet3D", "3D U-Net for thick slices", defaults=_LIGHT_3D),
    NetEntry("ciresan_n4", "ciresan", "CiresanN4", "sliding window, Ciresan et al. 2012; dense"),
    *(
        NetEntry(f"fcn{n}s", "fcn", "FCN", f"FCN-{n}s on VGG, Long et al. 2015", {"finest": n})
        for n in (32, 16, 8)
    ),
    *(
        NetEntry(
            f"resnet{n}_8s",
            "resnet_8s",
            "ResNet8s",
            f"dilated ResNet-{n}, Pakhomov et al. 2017",
            {"backbone": f"resnet{n}"},
        )
        for n in (18, 34, 50, 101)
    ),
    NetEntry("segnet", "segnet", "SegNet", "SegNet, Badrinarayanan et al. 2017"),
    NetEntry("segnet_basic", "segnet", "SegNetBasic", "SegNet-Basic, the same"),
    NetEntry("deconvnet", "deconvnet", "DeconvNet", "DeconvNet, Noh et al. 2015"),
    *(
        NetEntry(
            f"fcdensenet{n}",
            "fcdensenet",
            "FCDenseNet",
            f"Tiramisu of {n} layers, Jegou et al. 2017",
            {"layers": n},
        )
        for n in (56, 67, 103)
    ),
    NetEntry("dilatednet", "dilated", "DilatedNet", "front end, Yu and Koltun 2016"),
    NetEntry("context", "context", "ContextNet", "any network with a context module behind it"),
    NetEntry("deeplabv1_largefov", "deeplab", "DeepLabV1", "DeepLab v1, Chen et al. 2015"),
    NetEntry(
        "deeplabv1_msc", "deeplab", "DeepLabV1", "the same, several scales", {"multiscale": True}
    ),
    NetEntry("deeplabv2", "deeplab", "DeepLabV2", "DeepLab v2 with ASPP, Chen et al. 2018"),
    *(
        NetEntry(name, "torchvision_nets", "TorchvisionNet", about, {"model": name})
        for name, about in (
            ("fcn_resnet50", "torchvision's FCN on ResNet-50"),
            ("fcn_resnet101", "torchvision's FCN on ResNet-101"),
            ("deeplabv3_resnet50", "DeepLab v3, Chen et al. 2017, by torchvision"),
            ("deeplabv3_resnet101", "the same on ResNet-101"),
            ("deeplabv3_mobilenet_v3_large", "the same on MobileNetV3"),
            ("lraspp_mobilenet_v3_large", "Lite R-ASPP, Howard et al. 2019, by torchvision"),
        )
    ),
    NetEntry("refinenet", "refinenet", "RefineNet", "RefineNet, Lin et al. 2017"),
    *(
        NetEntry(name, module, cls, about, fitted=True)
        for name, module, cls, about in (
            ("pixel_classifier", "pixel_forest", "PixelForest", "random forest, as in ilastik"),
            ("kmeans", "kmeans", "KMeans", "clusters of colours, each of a class; no network"),
        )
    ),
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


def known_options(name: str, given: Iterable[str] = ()) -> dict[str, Any]:
    """Return the options of a network with their defaults.

    Raises
    ------
    NetError
        If there is no such network, or one of the options `given` is none of it.
    """
    known = find_net(name).options()
    for option in given:
        if option not in known:
            raise NetError(f"{name} has no option {option!r}; its options: {', '.join(known)}")
    return known


def outline_net(
    name: str, in_channels: int = 1, classes: int = 2, **options: Any
) -> "SegmentationNet":
    """Build a network without weights, to see what it costs; parameters as `build_net`."""
    import torch

    with torch.device("meta"):
        return build_net(name, in_channels, classes, **options)


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
        ``(N, classes, Y, X)``; of a stack ``(N, in_channels, Z, Y, X)`` where ``ndim`` is 3.

    Raises
    ------
    NetError
        For an unknown name or option, or a value out of range.
    """
    entry = find_net(name)
    for what, count in (("in_channels", in_channels), ("classes", classes)):
        if count < 1:
            raise NetError(f"{what} = {count}: a network needs at least 1")
    known = known_options(name, options)
    for option, value in options.items():
        kind = type(known[option])
        if kind in (bool, int) and type(value) is not kind:
            raise NetError(f"{option} = {value!r} should be of the type {kind.__name__}")
    make = entry.load()
    with ALONE:
        net = make(in_channels, classes, **(known | options | dict(entry.fixed)))
    net.name, net.options = name, known | options
    return net
