"""What is found to stand between a model and an image, and what can be done about it."""

from dataclasses import dataclass, replace
from typing import Literal

from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.images.resample import resample
from napari_fcnseg.models.model import Model

Weight = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Fix:
    """What can be done about a finding, exactly.

    Attributes
    ----------
    kind
        ``"axes"``: read the image with `axes`; ``"grey"``: read one of its equal channels;
        ``"resample"``: see it at the pixel size of the model; ``"own values"``: a copy of the
        model that normalises each image by its own grey values.
    title
        For a button.
    axes
        Of ``"axes"``.
    """

    kind: Literal["axes", "grey", "resample", "own values"]
    title: str
    axes: str = ""


@dataclass(frozen=True)
class Finding:
    """What a person should know before a model is run.

    Attributes
    ----------
    kind
        In a word or two: ``"axes"``, ``"channels"``, ``"grey"``, ``"labels"``, ``"pixel size"``,
        ``"grey values"``, ``"inverted"``, ``"small"`` or ``"no GPU"``.
    text
        What was found, with names and numbers.
    weight
        ``"error"``: a prediction is refused. ``"warning"``: it is likely to be poor.
        ``"note"``: good to know.
    fixes
        What can be done at once; of several, one.
    """

    kind: str
    text: str
    weight: Weight = "warning"
    fixes: tuple[Fix, ...] = ()


def mend(fix: Fix, model: Model, image: Image) -> tuple[Model, Image]:
    """Do what a finding of `check_data` proposes.

    Parameters
    ----------
    fix
        One of the finding's.
    model, image
        What was looked at.

    Returns
    -------
    model, image
        With one of them changed. Images stay lazy; the files stay as they are.

    Raises
    ------
    FcnsegError
        If it cannot be done.
    """
    match fix.kind:
        case "axes":
            return model, open_image(image, axes=fix.axes)
        case "grey":
            return model, reduce_colour(image, True)
        case "resample":
            return model, at_size_of(model, image)
        case "own values":
            return with_own_values(model), image


def at_size_of(model: Model, image: Image) -> Image:
    """See an image at the pixel size of a model.

    Raises
    ------
    ModelError
        If one of both is not known.
    """
    found, wanted = PixelSize.of(image), model.pixel_size
    if found is None or wanted is None:
        raise ModelError(
            f"the pixel size of {image.name if wanted else model.name} is not known: nothing can "
            "be resampled to it"
        )
    return replace(resample(image, wanted.over(found)), name=f"{image.name} at {wanted}")


def with_own_values(model: Model) -> Model:
    """Return a copy of a model that takes the grey values of each image for its scale.

    Raises
    ------
    ModelError
        If it is the model of another tool.
    """
    each = replace(model.own_normalisation, each=True)
    return replace(model, normalisation=each, name=f"{model.name}, own grey values")
