"""What decides the pixels of a prediction: two runs that agree in it may be one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.mask import Mask
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.target import Target
from napari_fcnseg.models.model import Model

SAMPLES = 16  # windows of an image that are compared
EDGE = 64


def identify(
    made: Mapping[str, Any],
    image: Image,
    tiles: Plan,
    target: Target,
    mask: Mask | None,
    **settings: Any,
) -> dict[str, Any]:
    """Return models, image, plan, output and settings as plain data.

    Parameters
    ----------
    made
        From `describe_models`.
    image, mask
        Told by axes, type and shape and by windows spread over them: a stack of a terabyte is
        not read twice.
    tiles, target
        Plan and output.
    settings
        What else decides the pixels.
    """
    spec = target.spec
    return {
        "model": [model["sha256"] for model in made["models"]],
        "image": _told(image),
        "mask": mask and _told(mask.image),
        "region": tiles.region,
        "core": tiles.core,
        "output": target.kind,
        "axes": spec.axes,
        "shape": spec.shape,
        "block": spec.block,
        "ngff": spec.ngff,
        **settings,
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


def _told(image: Image) -> str:
    return f"{image.axes} {image.shape} {image.dtype.name} {_sample(image)}"


def fingerprint(model: Model) -> str:
    """SHA-256 over all that decides what a model predicts."""
    found = hashlib.sha256()
    ids = [c.id for c in model.classes]
    plain = [model.net.name, model.net.options, asdict(model.normalisation), ids]
    found.update(json.dumps(plain, default=str).encode())
    for name, tensor in model.net.state_dict().items():
        found.update(name.encode())
        found.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)
    return found.hexdigest()[:16]


def _sample(image: Image) -> str:
    found = hashlib.sha256()
    for part in range(SAMPLES):
        window = []
        for axis, n in zip(image.kept, image.kept_shape, strict=True):
            edge = min(n, EDGE if axis in "YX" else 1)
            # Odd steps along each axis, so that windows do not lie on one diagonal.
            step = (part * (3 if axis == "Y" else 1)) % SAMPLES / (SAMPLES - 1)
            start = round((n - edge) * step)
            window.append((start, start + edge))
        found.update(np.ascontiguousarray(image.read(tuple(window))).data)
    return found.hexdigest()[:16]
