"""BatchNorm folded into the convolution in front of it: the same numbers, less work."""

import re
from collections.abc import Iterator
from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from napari_fcnseg.nets.reach import CONVOLUTIONS

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)


def fold_batchnorm(net: nn.Module) -> None:
    """Fold each BatchNorm in evaluation mode that follows a convolution, in place.

    Outputs stay the same to rounding.

    Parameters
    ----------
    net
        Followers are recognised in a `Sequential`, and by torchvision's names: ``bn1``
        follows ``conv1``. All others, for instance a BatchNorm before its convolution, stay.
    """
    for parent, conv, name in foldable(net):
        _fold(conv, getattr(parent, name))
        setattr(parent, name, nn.Identity())


def foldable(net: nn.Module) -> Iterator[tuple[nn.Module, nn.Module, str]]:
    """Yield the parent of each BatchNorm that can be folded, its convolution and its name."""
    for module in list(net.modules()):
        for parent, conv, name in _followers(module):
            norm = getattr(parent, name)
            if isinstance(conv, CONVOLUTIONS) and isinstance(norm, NORMS) and not norm.training:
                yield parent, conv, name


def _followers(module: nn.Module) -> Iterator[tuple[nn.Module, nn.Module, str]]:
    """Yield what may be a convolution, and the name of what follows it in `module`."""
    children = dict(module.named_children())
    if isinstance(module, nn.Sequential):
        for (_, first), (name, _) in pairwise(children.items()):
            yield module, first, name
    else:
        for name in children:
            conv = re.sub(r"^bn(?=\d$)", "conv", name)
            if conv != name and conv in children:
                yield module, children[conv], name


def _fold(conv: nn.Module, norm: nn.Module) -> None:
    assert isinstance(conv, CONVOLUTIONS)
    assert isinstance(norm, NORMS)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        conv.weight.double(),
        None if conv.bias is None else conv.bias.double(),
        norm.running_mean.double(),
        norm.running_var.double(),
        norm.eps,
        norm.weight.double(),
        norm.bias.double(),
        transpose=conv.transposed,
    )  # weights are rounded once
    kind = conv.weight.dtype
    conv.weight, conv.bias = nn.Parameter(weight.to(kind)), nn.Parameter(bias.to(kind))
