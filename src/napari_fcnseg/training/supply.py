"""Batches: patches drawn around labels, and changed at random."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.device import channels_last
from napari_fcnseg.training.augment import augment, patch_size, window_size
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.recipe import Recipe

LOOKED = 64  # patches, whose labels tell in what shares classes are learned


class Supply:
    """What a network learns from, batch by batch.

    Parameters
    ----------
    sampler
        Draws patches.
    net
        Its geometry decides their size.
    recipe
        Patch and augmentation.
    device
        Where patches are changed.
    rng
        Chooses patches.

    Attributes
    ----------
    torch_rng
        Generator on the CPU of all other random numbers of a step.
    """

    def __init__(
        self,
        sampler: PatchSampler,
        net: SegmentationNet,
        recipe: Recipe,
        device: torch.device,
        rng: np.random.Generator,
    ) -> None:
        self._sampler, self._recipe, self._device, self._rng = sampler, recipe, device, rng
        self.torch_rng = torch.Generator().manual_seed(recipe.seed)
        *slices, _, self._edge = size = patch_size(net.geometry, recipe)
        self._window = (*slices, *[window_size(self._edge, recipe)] * 2)
        margins = list(zip(net.margin, size, strict=True))
        self._core = [n - 2 * m for m, n in margins]
        self._learned = (slice(None), *(slice(m, n - m) for m, n in margins))

    def __call__(self, batch: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return what the network sees, and of what it says class indices and border weights.

        Unlabelled pixels are -1; without border weights there is ``None``.
        """
        drawn = self._sampler.draw(batch, self._window, self._core, self._rng)
        images, targets, borders = drawn
        x, y, added = augment(
            torch.from_numpy(images).to(self._device),
            torch.from_numpy(targets).to(self._device),
            self._edge,
            self._recipe,
            self.torch_rng,
            None if borders is None else torch.from_numpy(borders).to(self._device),
        )
        return channels_last(x), y[self._learned], None if added is None else added[self._learned]

    def label_shares(self) -> NDArray[np.float64]:
        """Return the shares of the classes among the painted labels of patches."""
        rng = np.random.default_rng(self._recipe.seed)
        return self._sampler.label_shares(LOOKED, self._window, self._core, rng)

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return {"numpy": self._rng.bit_generator.state, "torch": self.torch_rng.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._rng.bit_generator.state = state["numpy"]
        self.torch_rng.set_state(state["torch"])
