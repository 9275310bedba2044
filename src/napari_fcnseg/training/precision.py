"""What a network computes in while it learns: float32, or half of that on cards made for it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.nets.device import full_float32

AMPERE = 8  # compute capability of the first cards with bfloat16


class Precision:
    """Mixed precision of a training run (Micikevicius et al. 2018).

    Weights, their average, losses, validation and the statistics at the end are float32 in all
    cases; the network's own layers compute in what PyTorch's autocast gives them. Gradients of
    float16 are scaled up, lest small ones vanish; a step in which they overflow is not taken.

    Parameters
    ----------
    name
        ``"float32"`` (without TF32), ``"bfloat16"``, ``"float16"`` or ``"auto"``: bfloat16 on
        CUDA cards that have it, float16 on older ones, float32 on all else.
    device
        What computes.

    Attributes
    ----------
    name
        What it came to.

    Raises
    ------
    RecipeError
        If it is float16 on anything but a CUDA card.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name == "float16" and device.type != "cuda":
            raise RecipeError(
                f"precision = 'float16' needs a CUDA card, but this trains on {device}: take "
                "'auto' or 'float32', or 'bfloat16', which needs no scaling of gradients"
            )
        self.name = _choose(device) if name == "auto" else name
        self._device = device
        self._scaler = torch.amp.GradScaler("cuda", enabled=self.name == "float16")

    def step(self) -> AbstractContextManager[Any]:
        """Return the context of a whole step, backward pass included."""
        return full_float32(self._device) if self.name == "float32" else nullcontext()

    def forward(self) -> AbstractContextManager[Any]:
        """Return the context of the forward pass."""
        if self.name == "float32":
            return nullcontext()
        return torch.autocast(self._device.type, getattr(torch, self.name))

    def scale(self, loss: Tensor) -> Tensor:
        """Return what gradients are taken of."""
        return self._scaler.scale(loss)

    def unscale(self, optimiser: torch.optim.Optimizer) -> None:
        """Bring gradients to their true size, before they are clipped."""
        self._scaler.unscale_(optimiser)

    def take_step(self, optimiser: torch.optim.Optimizer) -> bool:
        """Take the step, unless gradients overflowed; tell whether it was taken."""
        scale = self._scaler.get_scale()
        self._scaler.step(optimiser)
        self._scaler.update()
        return self._scaler.get_scale() >= scale  # it is lowered by an overflow only

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return self._scaler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state; one of a run that scaled nothing says nothing."""
        if state:
            self._scaler.load_state_dict(state)


def _choose(device: torch.device) -> str:
    if device.type != "cuda":
        return "float32"
    modern = torch.cuda.get_device_capability(device)[0] >= AMPERE
    return "bfloat16" if modern else "float16"
