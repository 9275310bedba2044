"""From a trained network to a model that says how it came to be."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.models.model import Model, sample_size
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe

VERSIONS = ("napari-fcnseg", "torch", "numpy")


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
            "versions": {package: version(package) for package in VERSIONS},
            "labels": [a.index.fingerprint for a in data.annotations],
            "labelled_pixels": data.pixels,
            **run,
        },
    )
