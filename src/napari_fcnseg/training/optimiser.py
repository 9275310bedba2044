"""AdamW with a rate over the budget, and gradients that are not too large."""

from typing import Any

import torch
from torch import Tensor, nn

from napari_fcnseg.training.precision import Precision
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.schedule import rate_factor

CLIP = 12.0  # largest norm of the gradient


class Optimiser:
    """Takes the steps of a training run: AdamW (Loshchilov and Hutter 2019).

    Parameters
    ----------
    net
        What learns.
    recipe
        Its warm-up and weight decay.
    rate
        Peak of the learning rate.
    refit
        Last part of the budget, in which the rate falls once more.
    precision
        Scales gradients where it has to.
    """

    def __init__(
        self, net: nn.Module, recipe: Recipe, rate: float, refit: float, precision: Precision
    ) -> None:
        self._net, self._recipe, self._precision = net, recipe, precision
        self._rate, self._refit = rate, refit
        self._adamw = torch.optim.AdamW(_decayed(net, recipe.weight_decay), lr=rate)

    def take_gradient(self, loss: Tensor) -> None:
        """Take the gradient of a loss; that of a step before, or of a failed try, is forgotten."""
        self._adamw.zero_grad(set_to_none=True)
        self._precision.scale(loss).backward()

    def step(self, progress: float) -> tuple[float, bool]:
        """Take a step against the gradient, at `progress` through the budget.

        Returns
        -------
        rate : float
            The learning rate.
        taken : bool
            Whether the step was taken; not if a gradient of float16 was too large for that.
        """
        rate = self._rate * rate_factor(progress, self._recipe.warm_up, self._refit)
        for group in self._adamw.param_groups:
            group["lr"] = rate
        self._precision.unscale(self._adamw)
        nn.utils.clip_grad_norm_(self._net.parameters(), CLIP)
        return rate, self._precision.take_step(self._adamw)

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return self._adamw.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._adamw.load_state_dict(state)


def _decayed(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameter groups: weights of convolutions decay, norms and biases do not."""
    parameters = list(net.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
