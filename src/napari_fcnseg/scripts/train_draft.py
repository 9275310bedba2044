"""A training of what is open in a window, before all of it is in files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.models.model import Model
from napari_fcnseg.scripts.keep import free_file, keep_file, keep_model
from napari_fcnseg.scripts.labels import labels_file
from napari_fcnseg.scripts.opened import Opened
from napari_fcnseg.scripts.recipe_file import SUFFIX, write_recipe
from napari_fcnseg.scripts.train_run import TrainRun, needs_file
from napari_fcnseg.training.recipe import Recipe


@dataclass(frozen=True)
class TrainDraft:
    """What a training is set to.

    Attributes
    ----------
    source
        The image.
    labels
        What `open_annotation` takes.
    classes
        Names and colours.
    name
        What messages call the labels.
    labels_path
        OME-Zarr that is painted into, if the labels are in one.
    recipe, unpainted, start, device
        See `train`.
    notes
        See `TrainRun`.
    """

    source: Opened
    labels: Any
    classes: Sequence[SegClass]
    name: str
    labels_path: Path | None
    recipe: Recipe
    unpainted: Unpainted = "ignore"
    start: Model | None = None
    device: str = "auto"
    notes: tuple[str, ...] = ()

    def run(self, folder: Path) -> TrainRun:
        """Return the training from files; what is in none is written to `folder`.

        That may take its time.

        Raises
        ------
        FcnsegError
            If the labels cannot train a network, or something cannot be written.
        """
        image, recipe = self.source.image, self.recipe
        painted = open_annotation(self.labels, image, unpainted=self.unpainted, name=self.name)
        objects = painted.instances
        ids, classes = (objects.ids, ()) if objects else (painted.labels, painted.classes)
        named = {c.id: c for c in self.classes}
        classes = tuple(named.get(c.id, c) for c in classes)
        path, axes = self.source.file(folder)
        return TrainRun(
            image=path,
            labels=labels_file(ids, classes, image, self.labels_path, folder),
            out=free_file(folder, f"{image.name} model", ".zip"),
            recipe=recipe,
            recipe_file=keep_recipe(recipe, folder) if needs_file(recipe) else None,
            axes=axes,
            instances=objects.border if objects else None,
            unpainted=self.unpainted,
            start=keep_model(self.start, folder) if self.start else None,
            device=self.device,
            notes=self.notes,
        )


def keep_recipe(recipe: Recipe, folder: Path) -> Path:
    """Return a file of `folder` that has a recipe."""
    return keep_file(
        folder,
        "recipe",
        SUFFIX,
        lambda path: Recipe.from_toml(path) == recipe,
        lambda path: write_recipe(recipe, path),
    )
