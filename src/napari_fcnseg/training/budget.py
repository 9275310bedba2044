"""How much of a training run is done, and whether it ends early."""

import math
from dataclasses import dataclass
from typing import Any

from napari_fcnseg.training.recipe import Recipe

VALIDATIONS = 10  # over the budget
EARLIEST = 0.5  # part of the budget; before it the rate is high, and scores rise late
COOL_DOWN = 0.1  # part of the budget in which a run that ends early does the rest of its schedule


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
        From 0 to 1 through the schedule.
    validated
        How many of the validations are done.
    record, risen
        The best score so far, and how many validations were done then.
    cut
        Progress at which it was decided to end early, if it was.
    """

    recipe: Recipe
    elapsed: float = 0.0
    progress: float = 0.0
    validated: int = 0
    record: float = -math.inf
    risen: int = 0
    cut: float | None = None

    def spend(self, steps: int, seconds: float) -> None:
        """Take note of `steps` in all, and of `seconds` beside those that had elapsed."""
        spent = self.elapsed + seconds
        recipe = self.recipe
        share = steps / recipe.steps if recipe.steps else spent / 60 / recipe.minutes
        if self.cut is not None:
            share = self.cut + (share - self.cut) * (1 - self.cut) / COOL_DOWN
        self.progress = min(1.0, share)

    def validate(self) -> bool:
        """Whether it is time to validate; asked once for each time."""
        if self.progress * VALIDATIONS < self.validated + 1:
            return False
        self.validated = int(self.progress * VALIDATIONS)
        return True

    def ends_early(self, score: float) -> bool:
        """Take note of a score; whether it is decided now that the run ends early.

        That is so if the record has stood for the recipe's patience, half of the budget is spent
        and more than the cool-down is left. The rate anneals in this, as most is won then.
        """
        if score > self.record:
            self.record, self.risen = score, self.validated
        patience = self.recipe.patience
        if not patience or self.validated - self.risen < round(patience * VALIDATIONS, 6):
            return False
        if self.cut is not None or not EARLIEST <= self.progress < 1 - COOL_DOWN:
            return False
        self.cut = self.progress
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return {name: value for name, value in vars(self).items() if name != "recipe"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        vars(self).update(state)
