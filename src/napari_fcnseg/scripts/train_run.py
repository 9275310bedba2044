"""A training from files, as a script and as a command."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.instances import WIDTH
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.registry import find_net
from napari_fcnseg.scripts.source import call, command, literal, named, options, script
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.repeat import doubts

OPTIONS = {"net", "minutes", "steps", "seed"}  # of the command; the rest of a recipe is a file
BY_THE_CLOCK = (
    "a budget in minutes gives other weights each time: give steps instead to repeat a training "
    "to the bit"
)


@dataclass(frozen=True)
class TrainRun:
    """All that decides a training; each of its files is there, but for `out`.

    Attributes
    ----------
    image, labels
        What is learned from.
    out
        Where the model goes, a ``.zip``.
    recipe
        How it is trained.
    recipe_file
        The same in a file, for the command.
    axes
        Of the image, where its file does not say.
    instances
        Width of borders, where labels are `Instances`.
    unpainted, start, device
        See `train`.
    notes
        What stands against the same result, in plain words.
    """

    image: Path
    labels: Path
    out: Path
    recipe: Recipe = field(default_factory=Recipe)
    recipe_file: Path | None = None
    axes: str | None = None
    instances: int | None = None
    unpainted: Unpainted = "ignore"
    start: Path | None = None
    device: str = "auto"
    notes: tuple[str, ...] = ()

    def python(self) -> str:
        """Return a script that trains and saves the model."""
        labels = literal(self.labels)
        if self.instances:
            width = () if self.instances == WIDTH else (str(self.instances),)
            labels = call("fs.Instances", labels, *width)
        told = {"name": self.out.stem, "axes": self.axes} | self._told()
        given = named({name: value for name, value in told.items() if value is not None})
        lines = [
            f"recipe = {call('fs.Recipe', *named(changes(self.recipe)))}",
            f"model = {call('fs.fit', literal(self.image), labels, 'recipe', *given)}",
            f"model.save({literal(self.out)})",
        ]
        return script(lines, self.notes)

    def command(self) -> str:
        """Return the line for a shell that does the same."""
        told: dict[str, Any] = {"image": self.image, "labels": self.labels, "out": self.out}
        told |= {"axes": self.axes, "instances": self.instances}
        told |= {"recipe": self.recipe_file} if needs_file(self.recipe) else changes(self.recipe)
        told |= self._told()
        given = {name: value for name, value in told.items() if value is not None}
        return command(["fcnseg", "train", *options(given)])

    def _told(self) -> dict[str, Any]:
        """Return what is not as usual."""
        usual = {"unpainted": "ignore", "start": None, "device": "auto"}
        return {n: getattr(self, n) for n, value in usual.items() if getattr(self, n) != value}


def changes(recipe: Recipe) -> dict[str, Any]:
    """Return the fields in which a recipe differs from the default one."""
    usual, found = Recipe().to_dict(), recipe.to_dict()
    idle = {"minutes"} if recipe.steps or find_net(recipe.net).fitted else set()
    return {n: value for n, value in found.items() if value != usual[n] and n not in idle}


def needs_file(recipe: Recipe) -> bool:
    """Whether the options of the command are too few to tell a recipe."""
    return not changes(recipe).keys() <= OPTIONS


def repeatable(recipe: Recipe, model: Model | None) -> tuple[Recipe, tuple[str, ...]]:
    """Return a recipe that comes to the same weights, and what stands against that.

    Parameters
    ----------
    recipe
        How a training is set up.
    model
        The last one that was trained. If it was with this recipe, the steps that it took are the
        budget.
    """
    if find_net(recipe.net).fitted:
        return recipe, ()
    if model and model.recipe == recipe:
        steps = recipe.steps or model.provenance["steps"]
        return replace(recipe, steps=steps), tuple(doubts(model))
    return recipe, () if recipe.steps else (BY_THE_CLOCK,)
