"""One tile through the network."""

import copy
import math
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.errors import DeviceError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.inference.encode import encode, has_opinions, opinion
from napari_fcnseg.inference.plan import Tile
from napari_fcnseg.inference.views import views
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import channels_last, choose_device, full_float32, place
from napari_fcnseg.nets.fold import fold_batchnorm

Pooled = tuple[Tensor, ...]
Blocks = tuple[NDArray[Any], ...]
Precision = Literal["float32", "bfloat16", "float16"]
AS_THEY_ARE = (np.uint8, np.int16)  # what torch turns into floats as numpy does


def check_precision(precision: str) -> None:
    """Raise `DeviceError` unless `precision` is one of those that there are."""
    if precision not in get_args(Precision):
        choices = ", ".join(get_args(Precision))
        raise DeviceError(f"precision = {precision!r}: choose one of {choices}")


class Runner:
    """Runs tiles of raw pixels through a model; one at a time, from any thread.

    Parameters
    ----------
    model
        Its network is copied, in evaluation mode, with BatchNorm folded.
    kinds
        What is kept of its scores, see `encode`.
    device
        See `choose_device`.
    augment
        See `views`; their probabilities are averaged.
    precision
        ``"float32"``, or what the network computes in: ``"bfloat16"``, ``"float16"``.
    turn
        Held while it computes; runners that share it take turns, and memory.

    Attributes
    ----------
    too_large
        Pixels of the smallest tile that there was not enough memory for.
    """

    def __init__(
        self,
        model: Model,
        kinds: Sequence[str],
        device: str = "auto",
        augment: str = "none",
        precision: str = "float32",
        turn: AbstractContextManager[Any] | None = None,
    ) -> None:
        check_precision(precision)
        self.device = choose_device(device)
        self._net = copy.deepcopy(model.net).eval()
        if self._net.countable:  # of others nobody knows which layer follows which
            fold_batchnorm(self._net)
        place(self._net, self.device)
        self._weights = next(self._net.parameters())  # type and device of what goes in
        self._kinds, self._normalise, self._classes = (
            tuple(kinds),
            model.normalisation,
            model.classes,
        )
        self._views, self._precision = views(augment), precision
        self._turn = turn or threading.Lock()
        self.too_large = math.inf

    @property
    def pools(self) -> bool:
        """Whether the network pools globally."""
        return self._net.freezes

    def pool(self, thumbnail: NDArray[Any]) -> Pooled:
        """Return what global poolings see in raw pixels, shape ``(channels, Y, X)``."""
        with self._turn, torch.inference_mode(), self._cast():
            return self._net.pool_context(self._batch(thumbnail))

    def _batch(self, block: NDArray[Any]) -> Tensor:
        """Network input of raw pixels, ``(channels, *lengths)``."""
        space = block.shape[-self._net.ndim :]
        if block.dtype not in AS_THEY_ARE or not isinstance(self._normalise, Normalisation):
            pixels = torch.from_numpy(self._normalise(block)).to(self._weights)
        else:  # a quarter of the bytes go to the device, and nothing is copied twice
            raw = torch.from_numpy(np.require(block, requirements=["C", "W"]))
            raw = raw.pin_memory() if self.device.type == "cuda" else raw
            constants = self._normalise.constants(block.ndim)
            offset, factor = (torch.from_numpy(c).to(self.device) for c in constants)
            pixels = raw.to(self.device, non_blocking=True).float().sub_(offset).mul_(factor)
        return channels_last(pixels.to(self._weights.dtype).reshape(1, -1, *space))

    def _cast(self) -> AbstractContextManager[Any]:
        """Return the context in which the network computes in its precision."""
        if self._precision == "float32":
            return full_float32(self.device)
        return torch.autocast(self.device.type, getattr(torch, self._precision))

    def __call__(self, block: NDArray[Any], tile: Tile, context: Pooled = ()) -> Blocks:
        """Segment the core of a tile.

        Parameters
        ----------
        block
            Raw pixels of ``tile.source``, shape ``(channels, *lengths)``.
        tile
            Where they come from.
        context
            What global poolings see, from `pool`; empty: what is in `block`.

        Returns
        -------
        tuple of ndarray
            For each kind class ids, shape of the core; or probabilities ``(classes, *core)``.
        """
        core = tuple(stop - start for start, stop in tile.core)
        frozen = self._net.frozen_context(context) if context else nullcontext()
        with self._turn, torch.inference_mode(), self._cast(), frozen:
            scores = self._scores(self._batch(block), tile.crop[-self._net.ndim :])
            scores = scores.reshape(-1, *core)
            logits = len(self._views) == 1
            return tuple(encode(scores, k, self._classes, logits=logits) for k in self._kinds)

    def _scores(self, x: Tensor, window: Sequence[slice]) -> Tensor:
        """Logits of the core; of several views, the mean of their probabilities, or opinions."""
        if len(self._views) == 1:
            return self._net.forward_core(x, window)[0]
        size = [n - 2 * m for n, m in zip(x.shape[2:], self._net.margin, strict=True)]
        asked, mean = any(map(has_opinions, self._kinds)), None
        for view in self._views:
            seen = channels_last(view.look(x))
            logits = self._net.forward_core(seen, view.window(window, size))[0]
            found = opinion(logits) if asked else logits.float().softmax(0)
            shares = view.undo(found) / len(self._views)
            mean = shares if mean is None else mean.add_(shares)
        assert mean is not None
        return mean
