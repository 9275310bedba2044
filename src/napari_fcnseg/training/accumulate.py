"""A step whose patches are too many for the memory that there is."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from napari_fcnseg.errors import DeviceError
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.device_memory import free_memory, is_out_of_memory
from napari_fcnseg.training.average import NORMS, follow_with


class Accumulation:
    """Computes the patches of a step in as many parts as memory asks for.

    Only logits are kept of a part; it is computed once more when its turn comes in the backward
    pass (Chen et al. 2016). So the loss is that of the whole batch, which is no sum over patches
    where it measures overlap, and the gradient too; a step takes about a third longer. But
    BatchNorm normalises each part by itself.

    Parameters
    ----------
    net
        What learns.
    device
        Where it is.
    batch, parts
        See `choose_batch`.
    tell
        Called with a line for a person when memory ran out.

    Attributes
    ----------
    batch
        Patches of a step.
    parts
        Groups that they are computed in, one after the other; none is smaller than the
        network's ``min_batch``.
    """

    def __init__(
        self,
        net: SegmentationNet,
        device: torch.device,
        batch: int,
        parts: int,
        tell: Callable[[str], object],
    ) -> None:
        self._net, self._device, self._tell = net, device, tell
        self.batch, self.parts = batch, parts

    @property
    def note(self) -> str:
        """In plain words, into how many parts patches are divided; empty if they are not."""
        if self.parts == 1:
            return ""
        at_once = -(-self.batch // self.parts)
        normed = any(isinstance(layer, NORMS) for layer in self._net.modules())
        also = ", and BatchNorm sees no more than those" * normed
        return f"the {self.batch} patches of a step are computed {at_once} at a time{also}"

    def notes(self, asked: int) -> list[str]:
        """Tell how many patches a step has, and at once, where the recipe says other or nothing."""
        chosen = [f"a step has {self.batch} patches, as many as fit"] * (not asked)
        return chosen + [self.note] * bool(self.note)

    def split(self, x: Tensor) -> tuple[Tensor, ...]:
        """Divide a batch into its parts."""
        return x.tensor_split(self.parts)

    def logits(self, x: Tensor) -> Tensor:
        """Return what the network says of a batch, to learn from."""
        if self.parts == 1:
            whole: Tensor = self._net(x)
            return whole
        return torch.cat(
            [
                checkpoint(self._net, part, use_reentrant=False, context_fn=self._contexts)
                for part in self.split(x)
            ]
        )

    def _contexts(self) -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
        """Of the first time and of the second, when BatchNorm has seen the pixels already."""
        return nullcontext(), follow_with(self._net, 0.0)

    def attempt(self, learn: Callable[[], Tensor], shape: torch.Size) -> Tensor:
        """Call `learn`; again, with twice as many parts, if memory runs out.

        Parameters
        ----------
        learn
            Learns from a batch, and can be called again.
        shape
            Of the batch.

        Raises
        ------
        DeviceError
            If not even the smallest part fits.
        """
        while True:
            try:
                return learn()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            free_memory(self._device)
            self._divide(shape)

    def _divide(self, shape: torch.Size) -> None:
        most = self.batch // self._net.min_batch
        at_once, edges = -(-self.batch // self.parts), " x ".join(map(str, shape[2:]))
        patches = f"{at_once} patch{'es' * (at_once > 1)} of {edges} px"
        if self.parts >= most:
            raise DeviceError(
                f"{self._device} has not enough memory to train {self._net.name} on {patches} at "
                "once, and fewer it cannot take: make patches smaller (patch), take a lighter "
                "network or another device, or close what else uses its memory"
            )
        self.parts = min(2 * self.parts, most)
        self._tell(f"memory ran out with {patches}: {self.note}")

    def state_dict(self) -> dict[str, int]:
        """Return what is needed to go on."""
        return {"batch": self.batch, "parts": self.parts}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from a state."""
        self.batch, self.parts = state["batch"], state["parts"]
