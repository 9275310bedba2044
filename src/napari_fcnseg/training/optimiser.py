"""AdamW with a rate over the budget, and gradients that are not too large."""

from typing import Any

import torch
from torch import Tensor, nn

from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.schedule import rate_factor

CLIP = 12.0  # largest norm of the gradient


class Optimiser:
    """Takes the steps of a training run.

    Parameters
    ----------
    net
        What learns.
    recipe
        Its warm-up and weight decay.
    rate
        Peak of the learning rate.
    """

    def __init__(self, net: nn.Module, recipe: Recipe, rate: float) -> None:
        self._net, self._recipe, self._rate = net, recipe, rate
        self._adamw = torch.optim.AdamW(_decayed(net, recipe.weight_decay), lr=rate)

    def step(self, loss: Tensor, progress: float) -> float:
        """Take a step against the gradient of a loss, at `progress` through the budget.

        Returns
        -------
        float
            The learning rate.
        """
        rate = self._rate * rate_factor(progress, self._recipe.warm_up)
        for group in self._adamw.param_groups:
            group["lr"] = rate
        self._adamw.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._net.parameters(), CLIP)
        self._adamw.step()
        return rate

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
