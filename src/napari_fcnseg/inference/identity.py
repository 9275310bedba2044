"""What decides the pixels of a prediction: two runs that agree in it may be one."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.mask import Mask
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.target import Target
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.model import Model


def identify(
    deciding: Mapping[str, Any],
    image: Image,
    tiles: Plan,
    target: Target,
    mask: Mask | None,
) -> dict[str, Any]:
    """Return models or method, image, plan and output as plain data.

    Parameters
    ----------
    deciding
        Models and their settings, or a method: from `tell_models` or `describe_method`.
    image, mask
        Told by axes, type and shape and by windows spread over them: a stack of a terabyte is
        not read twice.
    tiles, target
        Plan and output.
    """
    spec = target.spec
    return {
        **deciding,
        "image": tell_image(image),
        "mask": mask and tell_image(mask.image),
        "region": tiles.region,
        "core": tiles.core,
        "output": target.kind,
        "axes": spec.axes,
        "shape": spec.shape,
        "block": spec.block,
        "ngff": spec.ngff,
    }


def describe_models(models: Sequence[Model]) -> dict[str, Any]:
    """Return which models predict, how they were trained, and what runs them."""
    return {
        "models": [
            {
                "name": model.name,
                "sha256": fingerprint(model),
                "recipe": model.recipe.to_dict() if model.recipe else None,
            }
            for model in models
        ],
        "torch": version("torch"),
    }


def tell_models(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return of what `describe_models` says that which decides the pixels."""
    return {"model": [model["sha256"] for model in made["models"]]}


def describe_method(method: PlaneMethod) -> dict[str, Any]:
    """Return which method labels the planes, and all that decides what it says."""
    return {"method": method.name, **method.describe()}
