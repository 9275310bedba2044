"""What a network costs, counted on a run without numbers."""

import copy
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from napari_fcnseg.nets.fold import foldable

if TYPE_CHECKING:
    from napari_fcnseg.nets.base import SegmentationNet

STATES = 2  # of AdamW, for each weight


class _PeakMemory(TorchDispatchMode):
    """Counts the bytes of all tensors that are alive, and the most there ever were."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here; to tell the compiler so imports it, which takes 3 s."""
        return False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        outlined = _joined if func is torch.ops.aten.cat.default else func
        result = outlined(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._follow(leaf.untyped_storage())
        return result

    def _follow(self, storage: torch.UntypedStorage) -> None:
        if storage in self._seen:
            return
        self._seen.add(storage)
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, storage.nbytes())

    def _forget(self, nbytes: int) -> None:
        self.now -= nbytes


def _joined(tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
    """`torch.cat` without numbers; its own outline imports the compiler as well."""
    size = list(tensors[0].shape)
    size[axis] = sum(t.shape[axis] for t in tensors)
    return tensors[0].new_empty(size)


@contextmanager
def _outlined(net: "SegmentationNet", training: bool) -> Iterator["SegmentationNet"]:
    """Yield a copy of the network without numbers, as it is trained or as it is run."""
    with torch.device("meta"):
        outline = copy.deepcopy(net).to("meta").train(training)
        for parent, _, name in foldable(outline):  # none while it trains
            setattr(parent, name, nn.Identity())
        yield outline


def flops(net: "SegmentationNet", size: Sequence[int]) -> int:
    """Floating-point operations for one input, two for each multiply-add.

    Convolutions and matrix products are counted, as they outweigh all else.

    Parameters
    ----------
    net
        Any network.
    size
        Legal spatial size of the input.
    """
    from torch.utils.flop_counter import FlopCounterMode  # imports Triton, which takes a while

    with _outlined(net, False) as outline, torch.inference_mode():
        counter = FlopCounterMode(display=False)
        with counter:
            outline(torch.empty(1, net.in_channels, *size))
    return int(counter.get_total_flops())


def memory(
    net: "SegmentationNet",
    size: Sequence[int],
    batch: int = 1,
    train: bool = False,
    core: Sequence[slice] | None = None,
) -> int:
    """Bytes of weights and of all that must be kept at once, in float32.

    What a convolution needs to work in comes on top; it depends on device and library.

    Parameters
    ----------
    net
        Any network.
    size
        Legal spatial size of an input.
    batch
        Inputs at once.
    train
        Of a training step with AdamW, gradients included; else of inference.
    core
        Part of the output that is computed in inference; by default all.
    """
    weights = sum(t.numel() * 4 for t in (*net.parameters(), *net.buffers()))
    kept = _PeakMemory()
    with _outlined(net, train) as outline, kept:
        x = torch.empty(batch, net.in_channels, *size)
        if train:
            outline(x).sum().backward()  # its gradients are among what is counted
        else:
            with torch.inference_mode():
                outline.forward_core(x, core) if core else outline(x)
    return weights * (1 + STATES if train else 1) + kept.peak
