"""Border weights of instances, as a recipe asks for them."""

from collections.abc import Sequence

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.annotations.instances import instance_weights
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.images.image import Image
from napari_fcnseg.training.recipe import Recipe


def make_borders(annotations: Sequence[Annotation], recipe: Recipe) -> list[Image | None]:
    """Make the lazy weights that pixels between objects have beside those of their classes.

    Raises
    ------
    RecipeError
        If they are wanted, but annotations are not of `Instances`.
    """
    if not recipe.border_weight:
        return [None] * len(annotations)
    borders: list[Image | None] = []
    for annotation in annotations:
        instances = annotation.instances
        if instances is None:
            raise RecipeError(
                f"border_weight = {recipe.border_weight:g} is of gaps between objects, but "
                f"{annotation.labels.name} holds the ids of classes: give labels in which each "
                "object has its own id as Instances(labels) (--instances), or set border_weight = 0"
            )
        width = instances.border
        weights = recipe.border_weight, recipe.border_sigma
        borders.append(instance_weights(instances.ids, width, *weights))
    return borders
