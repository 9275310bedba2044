"""What a package says under ``config.napari_fcnseg``: the part that is ours, checked."""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_fcnseg.annotations.classes import MAX_ID, SegClass
from napari_fcnseg.errors import GET_AGAIN, ModelError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.images.units import PICOMETERS
from napari_fcnseg.models.about import About
from napari_fcnseg.models.model import Model
from napari_fcnseg.training.recipe import EARLIER, Recipe

FORMAT = 1
MOST = 4096  # of any number among the options of a network

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=MOST)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Net(_Part):
    name: str
    in_channels: Count
    classes: Annotated[int, Field(ge=1, le=MAX_ID + 1)]
    options: dict[str, Any]


class _Normalisation(_Part):
    kind: Literal["percentile", "mean_std"]
    offset: list[Finite]
    scale: list[Positive]
    each: bool = False


class _Class(_Part):
    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    name: str
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class _PixelSize(_Part):
    y: Positive
    x: Positive
    unit: str


class _About(_Part):
    description: str = ""
    authors: list[str] = []
    license: str = ""
    cite: list[str] = []


class Stored(_Part):
    """Network, normalisation, classes, recipe and provenance as plain data."""

    format: int
    net: _Net
    normalisation: _Normalisation
    classes: list[_Class]
    recipe: dict[str, Any] | None
    provenance: dict[str, Any]
    pixel_size: _PixelSize | None = None
    about: _About = _About()

    @classmethod
    def of(cls, model: Model) -> Self:
        """Tell what a package must remember of a model.

        Raises
        ------
        ModelError
            If a class, a number or an option of it could not be read again.
        """
        net = {
            "name": model.net.name,
            "in_channels": model.net.in_channels,
            "classes": model.net.classes,
            "options": model.net.options,
        }
        found = {
            "format": FORMAT,
            "net": net,
            "normalisation": _lists(model.own_normalisation),
            "classes": [asdict(c) for c in model.classes],
            "recipe": model.recipe.to_dict() if model.recipe else None,
            "provenance": dict(model.provenance),
            "pixel_size": asdict(model.pixel_size) if model.pixel_size else None,
            "about": _lists(model.about),
        }
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            raise ModelError(f"{model.name} cannot be saved: {_first(error)}") from error

    @classmethod
    def read(cls, found: Any, where: str) -> Self:
        """Check what a package says.

        Raises
        ------
        ModelError
            If it is of a newer version, or is not what a package of ours says.
        """
        newer = found.get("format") if isinstance(found, dict) else None
        if isinstance(newer, int) and newer > FORMAT:
            raise ModelError(
                f"{where} was saved by a newer napari-fcnseg (format {newer}, known is {FORMAT}): "
                "update with pip install -U napari-fcnseg"
            )
        try:
            stored = cls.model_validate(found)
        except ValidationError as error:
            raise ModelError(
                f"{where} does not describe a model of napari-fcnseg: {_first(error)}. It is "
                f"damaged, or was changed by hand; {GET_AGAIN}"
            ) from error
        stored._check_options(where)
        if stored.pixel_size and stored.pixel_size.unit not in PICOMETERS:
            raise ModelError(
                f"{where}: {stored.pixel_size.unit!r} is no unit of length; {GET_AGAIN}"
            )
        return stored

    def _check_options(self, where: str) -> None:
        """Numbers without end would build a network without end."""
        left = [self.net.options]
        while left:
            for name, value in left.pop().items():
                if isinstance(value, dict):
                    left.append(value)
                numbers = value if isinstance(value, list) else [value]
                if any(isinstance(n, int | float) and not abs(n) <= MOST for n in numbers):
                    raise ModelError(
                        f"{where}: {name} = {value!r} is no option of a network; {GET_AGAIN}"
                    )

    @property
    def net_options(self) -> dict[str, Any]:
        """Options to build the network with: nothing is downloaded, the package has the weights."""
        return _without_downloads(self.net.options)

    def parts(self) -> dict[str, Any]:
        """Return what a `Model` has beside its network, name and sample."""
        normalisation = self.normalisation
        return {
            "normalisation": Normalisation(
                normalisation.kind,
                tuple(normalisation.offset),
                tuple(normalisation.scale),
                normalisation.each,
            ),
            "classes": tuple(SegClass(**c.model_dump()) for c in self.classes),
            "recipe": None if self.recipe is None else Recipe.from_dict(EARLIER | self.recipe),
            "provenance": self.provenance,
            "pixel_size": PixelSize(**self.pixel_size.model_dump()) if self.pixel_size else None,
            "about": About(
                self.about.description,
                tuple(self.about.authors),
                self.about.license,
                tuple(self.about.cite),
            ),
        }


def _first(error: ValidationError) -> str:
    """Place and text of the first thing that is wrong."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"


def _lists(found: Any) -> dict[str, Any]:
    """Return a dataclass as plain data without tuples."""
    return {k: [*v] if isinstance(v, tuple) else v for k, v in asdict(found).items()}


def _without_downloads(options: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None
        if name == "pretrained"
        else _without_downloads(value)
        if isinstance(value, dict)
        else value
        for name, value in options.items()
    }
