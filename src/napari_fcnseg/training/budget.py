"""How much of a training run is done."""

from dataclasses import dataclass
from typing import Any

from napari_fcnseg.training.recipe import Recipe

VALIDATIONS = 10  # over the budget


@dataclass
class Budget:
    """Steps or minutes of a recipe, and what is spent of them.

    Attributes
    ----------
    recipe
        Has the budget.
    elapsed
        Seconds of training.
    progress
        From 0 to 1.
    validated
        How many of the validations are done.
    """

    recipe: Recipe
    elapsed: float = 0.0
    progress: float = 0.0
    validated: int = 0

    def spend(self, steps: int, seconds: float) -> None:
        """Take note of `steps` in all, and of `seconds` beside those that had elapsed."""
        spent = self.elapsed + seconds
        recipe = self.recipe
        share = steps / recipe.steps if recipe.steps else spent / 60 / recipe.minutes
        self.progress = min(1.0, share)

    def validate(self) -> bool:
        """Whether it is time to validate; asked once for each time."""
        if self.progress * VALIDATIONS < self.validated + 1:
            return False
        self.validated = int(self.progress * VALIDATIONS)
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        names = ("elapsed", "progress", "validated")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        vars(self).update(state)
