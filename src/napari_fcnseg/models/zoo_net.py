"""Networks that came with their model, behind the interface of ours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from napari_fcnseg.errors import TAKE_ANOTHER, ModelError
from napari_fcnseg.models.zoo_steps import Described, apply_steps
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.certificate import Certificate
from napari_fcnseg.nets.device_memory import is_out_of_memory
from napari_fcnseg.nets.geometry import AxisGeometry, legal_size

SMALL = 1e-7  # of a probability, whose logarithm is a score
PER_PIXEL = 2048  # bytes that a U-Net of usual width keeps for each pixel of its input
TOLD = "the halo in its description, which was not measured"


@dataclass(frozen=True)
class Layout:
    """How a network wants its input, and gives its output.

    Attributes
    ----------
    into, out
        Axes of its tensors, letters of ``NCZYX``; what is missing has one element.
    geometry
        Of each axis of space.
    space
        Axes of space in the order of this package, ``"YX"`` or ``"ZYX"``.
    """

    into: str
    out: str
    geometry: tuple[AxisGeometry, ...]
    space: str


class ZooNet(SegmentationNet):
    """A network of another tool.

    Parameters
    ----------
    run
        Module that computes.
    layout
        Of its tensors.
    in_channels, classes
        Channels in; classes out, the background included.
    after
        What is done with its output, see `apply_steps`.
    exclusive
        Whether its outputs are probabilities that add up to one, or scores that a softmax makes
        such; else each is a probability by itself, and what is none of them is background.
    probabilities
        Whether outputs are probabilities already.
    key
        What tells its weights from others.
    """

    countable = False

    def __init__(
        self,
        run: nn.Module,
        layout: Layout,
        in_channels: int,
        classes: int,
        after: Sequence[Described],
        exclusive: bool,
        probabilities: bool,
        key: str,
    ) -> None:
        super().__init__()
        self.run, self._layout, self._after = run, layout, tuple(after)
        self.in_channels, self.classes = in_channels, classes
        self._exclusive, self._probabilities = exclusive, probabilities
        self.ndim = len(layout.space)
        self.geometry = layout.geometry
        self.name = "bioimage.io"
        self.options = {
            "weights": key,
            "layout": f"{layout.into} {layout.out} {layout.geometry}",
            "after": [list(step) for step in self._after],
            "exclusive": exclusive,
        }
        # Tells the device and the type of what goes in, where weights are no parameters.
        self.anchor = nn.Parameter(torch.zeros(()), requires_grad=False)

    @property
    def stride(self) -> tuple[int, ...]:
        """Steps between legal sizes."""
        return tuple(axis.stride for axis in self.geometry)

    @property
    def margin(self) -> tuple[int, ...]:
        """Pixels that the output lacks on each side."""
        return tuple(axis.margin for axis in self.geometry)

    @property
    def min_size(self) -> tuple[int, ...]:
        """Smallest legal size; what is smaller is padded at the far end."""
        return tuple(axis.min_size for axis in self.geometry)

    @property
    def inexact_layers(self) -> tuple[str, ...]:
        """Nothing is known of its layers."""
        return (TOLD,)

    @cached_property
    def certificate(self) -> Certificate:
        """That tiles agree is not shown: they fade into each other."""
        before = tuple(axis.before for axis in self.geometry)
        after = tuple(axis.after for axis in self.geometry)
        return Certificate(self.stride, before, after, before, (TOLD,), None)

    @property
    def summary(self) -> str:
        """One line for people."""
        return f"network of another tool, {str(self.options['weights']).split()[0]}"

    def tile_memory(self, size: Sequence[int], core: Sequence[slice]) -> int:
        """Estimate the bytes for an input: nobody knows what it keeps."""
        weights = sum(t.numel() * t.element_size() for t in self.state_dict().values())
        return int(weights + PER_PIXEL * math.prod(size))

    def output(self, x: Tensor) -> Tensor:
        """Return what its description promises of ``(N, C, *space)``: all steps behind it done."""
        own = "NC" + self._layout.space
        fed = _arranged(x, own, self._layout.into)
        found = _arranged(self._run(fed).float(), self._layout.out, own)
        wanted = [n - 2 * a.margin for n, a in zip(x.shape[2:], self.geometry, strict=True)]
        outputs = self.classes - (not self._exclusive)
        if list(found.shape[1:]) != [outputs, *wanted]:
            raise ModelError(
                f"a model of another tool gives {list(found.shape[1:])} for an input of "
                f"{list(x.shape[1:])}; its description says {[outputs, *wanted]}; {TAKE_ANOTHER}"
            )
        return torch.stack([apply_steps(self._after, y) for y in found])

    def _run(self, x: Tensor) -> Tensor:
        try:
            y: Tensor = self.run(x)
        except Exception as error:
            if isinstance(error, RuntimeError) and is_out_of_memory(error):  # smaller tiles may do
                raise
            said = str(error).strip().splitlines()[-1:]
            raise ModelError(f"a model of another tool failed: {' '.join(said)}") from error
        if not isinstance(y, Tensor) or y.ndim != len(self._layout.out):
            raise ModelError(
                "a model of another tool gives no tensor with the axes that it tells; "
                f"{TAKE_ANOTHER}"
            )
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Return scores whose softmax are its probabilities."""
        sizes = x.shape[2:]
        legal = [
            legal_size(n, a.min_size, a.stride) for n, a in zip(sizes, self.geometry, strict=True)
        ]
        more = [(0, m - n) for n, m in zip(sizes, legal, strict=True)]
        y = self.output(F.pad(x, [n for pair in reversed(more) for n in pair]))
        for axis, (n, a) in enumerate(zip(sizes, self.geometry, strict=True), 2):
            y = y.narrow(axis, 0, n - 2 * a.margin)
        if not self._exclusive:
            none = 1 - y.amax(1, keepdim=True)
            return torch.cat([none, y], 1).clamp_min(SMALL).log()
        return y.clamp_min(SMALL).log() if self._probabilities else y


def _arranged(x: Tensor, own: str, wanted: str) -> Tensor:
    """Bring axes into another order; those with one element may come or go."""
    for axis in reversed([a for a in own if a not in wanted]):
        x = x.squeeze(own.index(axis))
        own = own.replace(axis, "")
    x = x.permute([own.index(a) for a in wanted if a in own])
    for place, axis in enumerate(wanted):
        if axis not in own:
            x = x.unsqueeze(place)
    return x
