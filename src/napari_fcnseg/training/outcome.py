"""From a trained network to a model that says how it came to be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.model import Model, sample_size
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe

VERSIONS = ("napari-fcnseg", "torch", "numpy")


def begin(start: Model | None, origins: Sequence[Origin]) -> dict[str, Any]:
    """Tell how a training began, as plain data for its model."""
    found: dict[str, Any] = {}
    if start:
        found["started_from"] = f"{start.name} {fingerprint(start)}"
    if origins:
        found["origins"] = [origin.to_dict() for origin in origins]
    return found


def versions() -> dict[str, str]:
    """Versions of the packages that decide what a training comes to."""
    return {package: version(package) for package in VERSIONS}


def make_model(
    net: SegmentationNet,
    data: TrainingData,
    recipe: Recipe,
    normalisation: Normalisation,
    name: str,
    **run: Any,
) -> Model:
    """Make a model of a trained network, on the processor and in evaluation mode.

    Parameters
    ----------
    net
        Becomes the model's own.
    data, recipe, normalisation, name
        Of the training run.
    run
        Plain data on how it went.
    """
    return Model(
        net=net.cpu().eval(),
        normalisation=normalisation,
        classes=data.classes,
        recipe=recipe,
        name=name,
        sample=data.sample(sample_size(net)),
        pixel_size=data.pixel_size,
        provenance={
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
            "labels": [a.index.fingerprint for a in data.annotations],
            "labelled_pixels": data.pixels,
            **run,
        },
    )
