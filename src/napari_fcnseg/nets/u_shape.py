"""The way down and up a U, which all U-Nets share."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from napari_fcnseg.nets.base import SegmentationNet, cut, pad_to_cells
from napari_fcnseg.nets.reach import CONVOLUTIONS

Window = tuple[tuple[int, int], ...]


class UShape(SegmentationNet):
    """An encoder, and a decoder with skip connections; finest level first in the encoder.

    Attributes
    ----------
    encoder, pools
        Convolutions of each level, and the down-sampling behind all but the last of them.
    ups, decoder, head
        Up-sampling and convolutions of each level, coarsest first, and what gives the logits.
    valid
        Whether convolutions are unpadded and skip connections cropped.
    """

    encoder_parts = ("encoder",)
    encoder: nn.ModuleList
    pools: nn.ModuleList
    ups: nn.ModuleList
    decoder: nn.ModuleList
    head: nn.Module
    valid: bool

    def forward(self, x: Tensor) -> Tensor:
        """Return logits for `x`; see the class for shapes."""
        size = x.shape[2:]
        if self.valid:
            self.check_input(x)
        skips, x = self._descend(x)
        x = self.encoder[-1](x)
        for up, level in zip(self.ups, self.decoder, strict=True):
            x = up(x)
            x = level(torch.cat([crop_centre(skips.pop(), x), x], dim=1))
        x = self.head(x)
        return x if self.valid else cut(x, [slice(n) for n in size])

    def forward_core(self, x: Tensor, core: Sequence[slice]) -> Tensor:
        """Return logits of `core`; the decoder computes what they are made of, and no more."""
        if self.valid:
            return super().forward_core(x, core)
        skips, x = self._descend(x)
        finest, *coarser = self._needs(core, [s.shape[2:] for s in (*skips, x)])
        x = coarser[-1].run(self.encoder[-1], _window(x, coarser[-1].seen))
        for up, level in zip(self.ups, self.decoder, strict=True):
            low = coarser.pop()
            need = coarser[-1] if coarser else finest
            # The up-sampled window begins at whole steps of the finer level.
            first = [a * step for (a, _), step in zip(low.kept, need.steps, strict=True)]
            seen = tuple((a - f, b - f) for (a, b), f in zip(need.seen, first, strict=True))
            x = torch.cat([_window(skips.pop(), need.seen), _window(up(x), seen)], dim=1)
            x = need.run(level, x)
        logits: Tensor = self.head(x)
        return logits

    def _descend(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """Skip connections, finest first, and what goes into the coarsest level."""
        if not self.valid:
            x = pad_to_cells(x, self.stride)
        skips = []
        for level, pool in zip(self.encoder[:-1], self.pools, strict=True):
            skips.append(level(x))
            x = pool(skips[-1])
        return skips, x

    def _needs(self, core: Sequence[slice], sizes: "Sequence[Sequence[int]]") -> "list[_Need]":
        """Return what each level must give and see for `core`, finest first."""
        kept = tuple((s.start, s.stop) for s in core)
        levels = [*reversed(self.decoder), self.encoder[-1]]
        needs = []
        coarser = [*sizes[1:], sizes[-1]]
        for level, size, coarse, up in zip(
            levels, sizes, coarser, [*self.ups[::-1], None], strict=True
        ):
            steps = tuple(n // c for n, c in zip(size, coarse, strict=True))
            need = _Need(kept, _grown(kept, _reach(level), size), steps)
            needs.append(need)
            below = [(a // s, -(-b // s)) for (a, b), s in zip(need.seen, steps, strict=True)]
            kept = _grown(below, [_beside(up)] * len(below), coarse)
        return needs


@dataclass(frozen=True)
class _Need:
    """Windows of one level: what is kept of its output, and what it must see for that.

    ``steps`` are its pixels in one of the next coarser level, along each axis.
    """

    kept: Window
    seen: Window
    steps: tuple[int, ...]

    def run(self, level: nn.Module, x: Tensor) -> Tensor:
        """Run `level` on what it must see; keep what is kept."""
        at = zip(self.kept, self.seen, strict=True)
        return _window(level(x), [(a - first, b - first) for (a, b), (first, _) in at])


def _window(x: Tensor, window: Sequence[tuple[int, int]]) -> Tensor:
    return cut(x, [slice(*span) for span in window])


def _grown(window: Sequence[tuple[int, int]], by: Sequence[int], size: Sequence[int]) -> Window:
    along = zip(window, by, size, strict=True)
    return tuple((max(0, a - more), min(n, b + more)) for (a, b), more, n in along)


def _reach(level: nn.Module) -> list[int]:
    """Pixels that the convolutions of a level see on each side, along each axis."""
    kernels = [m.kernel_size for m in level.modules() if isinstance(m, CONVOLUTIONS)]
    return [sum(k // 2 for k in along) for along in zip(*kernels, strict=True)]


def _beside(up: nn.Module | None) -> int:
    """Coarse pixels on each side that an up-sampling mixes in."""
    return int(isinstance(up, nn.Upsample) and up.mode != "nearest")


def crop_centre(skip: Tensor, like: Tensor) -> Tensor:
    """Cut the centre of `skip` to the spatial size of `like`."""
    for axis, n in enumerate(like.shape[2:], 2):
        skip = skip.narrow(axis, (skip.shape[axis] - n) // 2, n)
    return skip
