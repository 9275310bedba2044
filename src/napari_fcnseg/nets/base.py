"""The one interface of all networks."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.certificate import Certificate, certify
from napari_fcnseg.nets.geometry import AxisGeometry, check_size
from napari_fcnseg.nets.reach import GLOBAL_NORMS, GLOBAL_POOLS, is_isotropic, measure


class SegmentationNet(nn.Module, ABC):
    """A network from ``(N, in_channels, *space)`` to logits ``(N, classes, *space)``.

    A valid network returns ``margin`` pixels less on each side.

    Attributes
    ----------
    name, options
        Registry name and the options it was built with; set by `build_net`.
    in_channels, classes, ndim
        Channels in, classes out, spatial dimensions.
    min_batch
        Patches that a training step needs at least.
    encoder_parts
        Attributes with the layers that turn pixels into features, whatever the classes are; they
        may be frozen while the others learn.
    countable
        Whether what it computes can be counted on a run without numbers.
    fitted
        Whether it learns all labels at once, see `FittedNet`, and no gradient teaches it.
    """

    name: str = ""
    options: dict[str, Any]
    in_channels: int
    classes: int
    ndim: int = 2
    min_batch: int = 1
    encoder_parts: tuple[str, ...] = ()
    countable: bool = True
    fitted: bool = False

    @property
    @abstractmethod
    def stride(self) -> tuple[int, ...]:
        """Product of the down-sampling steps, per spatial axis."""

    @property
    @abstractmethod
    def margin(self) -> tuple[int, ...]:
        """Pixels lost on each side, per spatial axis."""

    @property
    @abstractmethod
    def min_size(self) -> tuple[int, ...]:
        """Smallest legal input size, per spatial axis; others are whole strides larger."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Return logits."""

    def forward_core(self, x: Tensor, core: Sequence[slice]) -> Tensor:
        """Return logits of a part of the output, and compute no more than that needs.

        Parameters
        ----------
        x
            Input of a legal size.
        core
            Part of the output along each spatial axis. What is left out of the computation
            is up to the network; here nothing is.
        """
        logits: Tensor = self(x)
        return cut(logits, core)

    def pool_context(self, thumbnail: Tensor) -> tuple[Tensor, ...]:
        """Return what global poolings see in ``(1, in_channels, *space)``; here there are none."""
        return ()

    @contextmanager
    def frozen_context(self, context: Sequence[Tensor]) -> Iterator[None]:
        """Fix what global poolings see, for all inputs within the context manager.

        The network is exact then, and tiles agree with each other. Where the context is that
        of a thumbnail of the whole slice, the result comes near that of the untiled network,
        which would pool features of the image at its full resolution.

        Parameters
        ----------
        context
            From `pool_context`.
        """
        yield

    def check_input(self, x: Tensor) -> None:
        """Raise `NetError` unless the size of `x` is legal."""
        for n, smallest, stride in zip(x.shape[2:], self.min_size, self.stride, strict=True):
            check_size(n, smallest, stride)

    def check_axes(self, axes: str, name: str) -> None:
        """Raise `NetError` if images with these axes are not what the network sees.

        Parameters
        ----------
        axes
            Of the image called `name`, without C.
        """
        if self.ndim > 2 and "Z" not in axes:
            raise NetError(
                f"{self.name} sees stacks, but {name} has the axes {axes}, without Z: take a "
                "network that sees single slices"
                + (", or give the axes as ZYX to take T for Z" if axes == "TYX" else "")
            )

    @cached_property
    def geometry(self) -> tuple[AxisGeometry, ...]:
        """Stride, margin, reach and receptive field per spatial axis, measured."""
        if is_isotropic(self):
            return (measure(self, 0),) * self.ndim
        return tuple(measure(self, axis) for axis in range(self.ndim))

    @property
    def inexact_layers(self) -> tuple[str, ...]:
        """Names of the layers that make tiles differ from the untiled network.

        Their output depends on the whole input, which a tile does not see.
        """
        return tuple(
            f"{name} ({type(layer).__name__})"
            for name, layer in self.named_modules()
            if isinstance(layer, GLOBAL_NORMS + GLOBAL_POOLS)
            or (isinstance(layer, nn.Upsample) and layer.align_corners)
        )

    @cached_property
    def certificate(self) -> Certificate:
        """Whether tiles make up the whole: measured once, with the weights of that moment."""
        return certify(self)

    @property
    def freezes(self) -> bool:
        """Whether `frozen_context` makes an inexact network agree with itself."""
        return False

    @property
    def exact(self) -> bool:
        """Whether tiled inference equals untiled inference."""
        return not self.inexact_layers

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Weights of the `encoder_parts`."""
        for part in self.encoder_parts:
            yield from self.get_submodule(part).parameters()

    @property
    def summary(self) -> str:
        """One line for people."""
        from napari_fcnseg.nets.registry import find_net

        return find_net(self.name).summary

    def tile_memory(self, size: Sequence[int], core: Sequence[slice]) -> int:
        """Bytes of weights and activations for an input of which `core` is wanted."""
        from napari_fcnseg.nets.costs import memory

        return memory(self, size, core=core)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters (BatchNorm's running statistics left out)."""
        return sum(p.numel() for p in self.parameters())


class SameSizeNet(SegmentationNet):
    """A network whose output is as large as its input; inputs of any size go in.

    The far end is padded with zeros to whole strides, and the output cropped back.

    Attributes
    ----------
    cell
        The stride, the same along each axis.
    """

    cell: int

    @property
    def stride(self) -> tuple[int, ...]:
        """``cell`` along each axis."""
        return (self.cell,) * self.ndim

    @property
    def margin(self) -> tuple[int, ...]:
        """Nothing is lost."""
        return (0,) * self.ndim

    @property
    def min_size(self) -> tuple[int, ...]:
        """One cell."""
        return self.stride

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of the size of `x`."""
        return cut(self.compute(pad_to_cells(x, self.stride)), [slice(n) for n in x.shape[2:]])

    @abstractmethod
    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""


def pad_to_cells(x: Tensor, stride: Sequence[int]) -> Tensor:
    """Pad the far end of each spatial axis with zeros to whole strides."""
    far = [(0, -n % s) for n, s in zip(x.shape[2:], stride, strict=True)]
    return F.pad(x, [n for pair in reversed(far) for n in pair])


def cut(x: Tensor, window: Sequence[slice]) -> Tensor:
    """Keep a window along each spatial axis."""
    for axis, span in enumerate(window, 2):
        start = span.start or 0
        x = x.narrow(axis, start, span.stop - start)
    return x
