"""What decides the pixels of a prediction: two runs that agree in it may be one."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import OutputSpec
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.models.model import Model

SAMPLES = 16  # windows of an image that are compared
EDGE = 64


def identify(
    model: Model, image: Image, tiles: Plan, spec: OutputSpec, **settings: Any
) -> dict[str, Any]:
    """Return model, image, plan, output and settings as plain data.

    The image is told by its axes, type and shape and by windows spread over it: a stack of a
    terabyte is not read twice.
    """
    return {
        "model": fingerprint(model),
        "image": f"{image.axes} {image.shape} {image.dtype.name} {_sample(image)}",
        "region": tiles.region,
        "core": tiles.core,
        "axes": spec.axes,
        "shape": spec.shape,
        "block": spec.block,
        **settings,
    }


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
