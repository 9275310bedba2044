"""The physical size of a pixel along Y and X, where it is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.units import PICOMETERS, symbol, unit_name

SAME = 0.05  # relative difference up to which two sizes count as one


@dataclass(frozen=True)
class PixelSize:
    """How large a pixel is.

    Attributes
    ----------
    y, x
        Along the two axes, in `unit`.
    unit
        Name of a unit of length, such as ``"nanometer"``.
    """

    y: float
    x: float
    unit: str

    @classmethod
    def of(cls, image: Image) -> Self | None:
        """Pixel size of an image; ``None`` where it is not known in a unit of length."""
        return cls.told(*image.along("YX"))

    @classmethod
    def told(cls, sizes: Sequence[float], spellings: Sequence[str]) -> Self | None:
        """Pixel size along Y and X in units as they are spelled; ``None`` as for `of`."""
        units = [unit_name(spelling) for spelling in spellings]
        if not all(u in PICOMETERS for u in units):
            return None
        if not all(math.isfinite(s) and s > 0 for s in sizes):
            return None
        (y, x), (unit, other) = sizes, units
        return cls(y, x * PICOMETERS[other] / PICOMETERS[unit], unit)

    def over(self, other: Self) -> tuple[float, float]:
        """How many times larger than those of `other` pixels are along Y and X."""
        unit = PICOMETERS[self.unit] / PICOMETERS[other.unit]
        return round(self.y * unit / other.y, 9), round(self.x * unit / other.x, 9)

    def agrees(self, other: Self) -> bool:
        """Whether both differ by no more than 5 % along Y and X."""
        return all(same(ratio) for ratio in self.over(other))

    def __str__(self) -> str:
        lengths = f"{self.y:.4g}"
        if not same(self.y / self.x):
            lengths += f" x {self.x:.4g}"
        return f"{lengths} {symbol(self.unit)}"


def same(ratio: float) -> bool:
    """Whether the ratio of two lengths is 1 up to 5 %."""
    return abs(math.log(ratio)) <= math.log1p(SAME)
