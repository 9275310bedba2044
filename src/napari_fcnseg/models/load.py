"""Read a model package; nothing in it is executed."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import FcnsegError, ModelError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.registry import build_net
from napari_fcnseg.training.recipe import EARLIER, Recipe

DESCRIPTIONS = ("bioimageio.yaml", "rdf.yaml")
TOLERANCE = 1e-4


class _Yaml(yaml.SafeLoader):
    """Plain data of YAML 1.2, where ``1e-06`` is a number; YAML 1.1 wants ``1.0e-06``."""


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def load_model(path: str | Path, *, check: bool = False) -> Model:
    """Load a model that napari-fcnseg saved.

    The network is built by name and its weights are read as tensors only
    (``weights_only=True``): no code of the file runs.

    Parameters
    ----------
    path
        A package, ``.zip`` or unpacked folder.
    check
        Also run the test input through it and compare with the stored test output.

    Returns
    -------
    Model
        On the CPU, in evaluation mode.

    Raises
    ------
    ModelError
        If it is not there, damaged, made by another tool, or fails the check.
    """
    path = Path(path)
    try:
        read = _reader(path)
        description = _description(read, path)
        ours = description.get("config", {}).get("napari_fcnseg")
        if ours is None:
            raise ModelError(
                f"{path} is a bioimage.io model of another tool; only models saved by "
                "napari-fcnseg can be loaded"
            )
        if ours["format"] != 1:
            raise ModelError(
                f"{path} was saved by a newer napari-fcnseg (format {ours['format']}); update it"
            )
        model = _build(description, ours, read, path)
        if check:
            _check(model, description, read, path)
    except FcnsegError:
        raise
    except Exception as error:  # damaged files fail in many ways
        raise ModelError(
            f"{path} is not a readable model package ({type(error).__name__}: {error}). It may be "
            "damaged: copy or save it again"
        ) from error
    return model


def _reader(path: Path) -> Callable[[str], bytes]:
    """Return a function from names of files in the package to their bytes."""
    if not path.exists():
        raise ModelError(f"the model {path} does not exist")
    if path.is_dir():
        return lambda name: (path / name).read_bytes()
    if not zipfile.is_zipfile(path):
        raise ModelError(
            f"{path} is not a model package: it is no zip file, or a truncated one. A model is a "
            ".zip saved by napari-fcnseg"
        )

    def read(name: str) -> bytes:
        with zipfile.ZipFile(path) as package:
            return package.read(name)

    return read


def _description(read: Callable[[str], bytes], path: Path) -> dict[str, Any]:
    for name in DESCRIPTIONS:
        try:
            found: dict[str, Any] = yaml.load(read(name), _Yaml)
        except (KeyError, FileNotFoundError):
            continue
        return found
    raise ModelError(f"{path} holds no {' or '.join(DESCRIPTIONS)}; it is not a model package")


def _build(
    description: dict[str, Any], ours: dict[str, Any], read: Callable[[str], bytes], path: Path
) -> Model:
    weights = description["weights"]["pytorch_state_dict"]
    data = read(weights["source"])
    if hashlib.sha256(data).hexdigest() != weights.get("sha256"):
        raise ModelError(f"{path}: the weights do not match their checksum; the file is damaged")
    options = dict(ours["net"]["options"])
    if options.get("pretrained"):
        options["pretrained"] = None  # the package has the weights
    net = build_net(
        ours["net"]["name"], ours["net"]["in_channels"], ours["net"]["classes"], **options
    )
    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    net.load_state_dict(state)
    sample = np.load(io.BytesIO(read(description["inputs"][0]["test_tensor"]["source"])))
    return Model(
        net=net.eval(),
        normalisation=Normalisation(
            ours["normalisation"]["kind"],
            tuple(ours["normalisation"]["offset"]),
            tuple(ours["normalisation"]["scale"]),
            ours["normalisation"].get("each", False),
        ),
        classes=tuple(SegClass(**c) for c in ours["classes"]),
        recipe=Recipe.from_dict(EARLIER | ours["recipe"]) if ours["recipe"] else None,
        name=description["name"],
        sample=sample[0],
        provenance=ours["provenance"],
        pixel_size=PixelSize(**size) if (size := ours.get("pixel_size")) else None,
    )


def _check(
    model: Model, description: dict[str, Any], read: Callable[[str], bytes], path: Path
) -> None:
    stored = np.load(io.BytesIO(read(description["outputs"][0]["test_tensor"]["source"])))[0]
    difference = float(np.abs(model.probabilities(model.sample) - stored).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{path}: the model's output differs from its stored test output by {difference:.2g}; "
            "it was damaged, or this version of torch computes something else"
        )
