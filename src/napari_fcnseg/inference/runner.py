"""One tile through the network."""

import copy
import math
import threading
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.inference.plan import Tile
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import channels_last, choose_device, place
from napari_fcnseg.nets.fold import fold_batchnorm

Kind = Literal["labels", "probabilities"]
Pooled = tuple[Tensor, ...]


class Runner:
    """Runs tiles of raw pixels through a model; one at a time, from any thread.

    Parameters
    ----------
    model
        Its network is copied, in evaluation mode, with BatchNorm folded.
    kind
        ``"labels"``: class ids, uint8; ``"probabilities"``: float32, leading class axis.
    device
        See `choose_device`.

    Attributes
    ----------
    too_large
        Pixels of the smallest tile that there was not enough memory for.
    """

    def __init__(self, model: Model, kind: Kind, device: str = "auto") -> None:
        self.device = choose_device(device)
        self._net = copy.deepcopy(model.net).eval()
        fold_batchnorm(self._net)
        place(self._net, self.device)
        self._weights = next(self._net.parameters())  # type and device of what goes in
        self._kind, self._normalise = kind, model.normalisation
        self._ids = np.array([c.id for c in model.classes], np.uint8)
        self._lock = threading.Lock()
        self.too_large = math.inf

    @property
    def pools(self) -> bool:
        """Whether the network pools globally."""
        return not self._net.exact

    def pool(self, thumbnail: NDArray[Any]) -> Pooled:
        """Return what global poolings see in raw pixels, shape ``(channels, Y, X)``."""
        with self._lock, torch.inference_mode():
            return self._net.pool_context(self._batch(thumbnail))

    def _batch(self, block: NDArray[Any]) -> Tensor:
        """Network input of raw pixels, ``(channels, *lengths)``."""
        space = block.shape[-self._net.ndim :]
        pixels = torch.from_numpy(self._normalise(block).reshape(1, -1, *space))
        return channels_last(pixels.to(self._weights))

    def __call__(self, block: NDArray[Any], tile: Tile, context: Pooled = ()) -> NDArray[Any]:
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
        ndarray
            Class ids, shape of the core; or probabilities ``(classes, *core)``.
        """
        crop = tile.crop[-self._net.ndim :]
        core = tuple(stop - start for start, stop in tile.core)
        frozen = self._net.frozen_context(context) if context else nullcontext()
        with self._lock, torch.inference_mode(), frozen:
            logits = self._net.forward_core(self._batch(block), crop)[0]
            labels = self._kind == "labels"
            found: NDArray[Any] = (
                (_winners(logits) if labels else logits.softmax(0).float()).cpu().numpy()
            )
        return self._ids[found].reshape(core) if labels else found.reshape(-1, *core)


def _winners(logits: Tensor) -> Tensor:
    """First index of the largest of few classes; a running maximum beats argmax ten times."""
    best = logits[0]
    winners = torch.zeros_like(best, dtype=torch.uint8)
    for index in range(1, len(logits)):
        winners.masked_fill_(logits[index] > best, index)
        best = torch.maximum(best, logits[index])
    return winners
