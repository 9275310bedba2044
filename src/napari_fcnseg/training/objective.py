"""What a recipe asks to be small."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.training.affinity import affinity_loss
from napari_fcnseg.training.losses import FOCUS, masked_cross_entropy, masked_overlap
from napari_fcnseg.training.recipe import Recipe


class Objective:
    """Loss of a batch by its recipe.

    Parameters
    ----------
    recipe
        Its losses, weights and what it drops.
    pixels
        Labelled pixels of each class, in the order of the network's outputs.
    device
        Where logits are.
    """

    def __init__(self, recipe: Recipe, pixels: Sequence[int], device: torch.device) -> None:
        self._recipe = recipe
        weights = class_weights(recipe, pixels)
        self._weights = None if weights is None else torch.from_numpy(weights).to(device)

    def drop(self, target: Tensor, rng: torch.Generator) -> Tensor:
        """Leave labels out as the recipe asks; `rng`, on the CPU, decides which."""
        if not self._recipe.drop:
            return target
        dropped = torch.rand(target.shape, generator=rng) < self._recipe.drop
        return target.masked_fill(dropped.to(target.device), IGNORE)

    def __call__(
        self, logits: Tensor, target: Tensor, images: Tensor, borders: Tensor | None = None
    ) -> Tensor:
        """Return the loss of float32 logits of `images`; `borders` is what border weights add."""
        recipe = self._recipe
        focus = FOCUS if recipe.loss == "focal" else 0.0
        loss = masked_cross_entropy(logits, target, self._weights, focus, borders)
        if recipe.dice:
            loss = loss + recipe.dice * masked_overlap(logits, target, recipe.false_negatives)
        if recipe.affinity:
            loss = loss + recipe.affinity * affinity_loss(logits, images)
        return loss


def class_weights(recipe: Recipe, pixels: Sequence[int]) -> NDArray[np.float32] | None:
    """Weights of the classes, with a mean of 1; ``None`` where all count the same.

    ``"balanced"``: in inverse proportion to their labelled pixels, as scikit-learn's.
    ``"median_freq"``: the median of the shares over the share of a class (Eigen and Fergus 2015).

    Raises
    ------
    RecipeError
        If the recipe has as many weights as there are not classes, or one is not positive.
    """
    given = recipe.class_weights
    if given:
        if len(given) != len(pixels) or not all(np.isfinite(w) and w > 0 for w in given):
            raise RecipeError(
                f"class_weights = {given}: give one positive number for each of the "
                f"{len(pixels)} classes"
            )
        weights = np.asarray(given, np.float64)
    elif recipe.weighting == "none":
        return None
    else:
        counts = np.asarray(pixels, np.float64)
        found = counts > 0  # a class that a model knows need not be painted here
        middle = (
            counts[found].mean() if recipe.weighting == "balanced" else np.median(counts[found])
        )
        weights = np.divide(middle, counts, out=np.zeros(len(counts)), where=found)
        weights[~found] = weights[found].mean()
    weights /= weights.mean()
    return weights.astype(np.float32)
