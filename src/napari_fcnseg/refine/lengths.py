"""Sizes of pixels in one unit of length, as far as an image tells them."""

from dataclasses import dataclass
from typing import Self

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.units import PICOMETERS, symbol, unit_name

UNKNOWN = (
    "{} does not say how large its pixels are: all is in pixels. State the scale in napari or "
    "write it into the file to have physical units"
)


@dataclass(frozen=True)
class Lengths:
    """Size of a pixel along each axis of space.

    Attributes
    ----------
    steps
        By axis, in `unit`.
    unit
        Symbol of a unit of length; ``"px"`` where the image does not tell one.
    """

    steps: dict[str, float]
    unit: str

    @classmethod
    def of(cls, image: Image) -> Self:
        """Take the unit of X where all axes of space have one; else pixels."""
        axes = [a for a in image.kept if a in "ZYX"]
        sizes, spellings = image.along("".join(axes))
        units = [unit_name(spelling) for spelling in spellings]
        if not all(u in PICOMETERS for u in units) or not all(s > 0 for s in sizes):
            return cls(dict.fromkeys(axes, 1.0), "px")
        steps = [
            size * PICOMETERS[u] / PICOMETERS[units[-1]]
            for size, u in zip(sizes, units, strict=True)
        ]
        return cls(dict(zip(axes, steps, strict=True)), symbol(units[-1]))

    @property
    def known(self) -> bool:
        """Whether they are in a unit of length."""
        return self.unit != "px"

    @property
    def area(self) -> float:
        """Of a pixel, along Y and X."""
        return self.steps["Y"] * self.steps["X"]

    @property
    def volume(self) -> float:
        """Of a pixel along all axes of space: an area in an image without Z."""
        return self.area * self.steps.get("Z", 1.0)
