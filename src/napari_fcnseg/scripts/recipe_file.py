"""A recipe to and from a file that a person chose."""

from pathlib import Path

from napari_fcnseg.errors import OutputError, RecipeError
from napari_fcnseg.models.archive import Package
from napari_fcnseg.models.load import read_description
from napari_fcnseg.models.plain import dig
from napari_fcnseg.models.stored import Stored
from napari_fcnseg.training.recipe import Recipe

SUFFIX, MODEL = ".toml", ".zip"


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file, or the recipe that a model was trained with; no weights are read.

    Raises
    ------
    RecipeError
        If there is none in it, or it is not valid.
    ModelError
        If the model cannot be read.
    """
    if path.suffix.lower() == SUFFIX:
        return Recipe.from_toml(path)
    if path.suffix.lower() != MODEL:
        raise RecipeError(
            f"{path} is no recipe: give a file that ends in {SUFFIX}, or a model ({MODEL}) that "
            "tells how it was trained"
        )
    ours = dig(read_description(Package(path)), "config", "napari_fcnseg")
    recipe: Recipe | None = None
    if ours is not None:
        recipe = Stored.read(ours, str(path)).parts()["recipe"]
    if recipe is None:
        raise RecipeError(
            f"the model {path} does not tell how it was trained: choose a recipe ({SUFFIX}), or a "
            "model that was trained with napari-fcnseg"
        )
    return recipe


def write_recipe(recipe: Recipe, path: Path, overwrite: bool = False) -> Path:
    """Write all fields of a recipe to a file.

    Parameters
    ----------
    recipe
        What is written.
    path
        Of the file; where it does not end in ``.toml``, that is added.
    overwrite
        Whether a file that is right at `path` may be replaced.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    OutputError
        If it is there already, or cannot be written.
    """
    out = path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)
    if out.exists() and not (overwrite and out == path):
        raise OutputError(f"{out} exists already: give another name")
    recipe.to_toml(out)
    return out
