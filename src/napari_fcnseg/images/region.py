"""A part of an image as it is told in words, ``Z=10:20,X=512:``; axes by name, never by order."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.axes import CANONICAL
from napari_fcnseg.images.grid import Spans

if TYPE_CHECKING:
    from napari_fcnseg.images.image import Image

PART = re.compile(rf"([{CANONICAL}])=(?:(\d+)|(\d*):(\d*))")


@dataclass(frozen=True)
class Region:
    """Where to start and stop along some axes of an image.

    Attributes
    ----------
    parts
        Start and stop by axis, in pixels; a stop of ``None`` is the end of the image.
    """

    parts: dict[str, tuple[int, int | None]]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``Z=10:20,Y=512:,T=3``: ranges, to the end, or one position.

        Raises
        ------
        ImageError
            If it cannot be read, or names an axis twice.
        """
        parts: dict[str, tuple[int, int | None]] = {}
        for word in text.upper().replace(" ", "").split(","):
            found = PART.fullmatch(word)
            if not found or found[1] in parts:
                raise ImageError(
                    f"{word!r} in {text!r} is no part of an image: give each axis once, for "
                    "example Z=10:20,Y=512:1024 or Z=3"
                )
            axis, at, start, stop = found.groups()
            if at:
                parts[axis] = (int(at), int(at) + 1)
            else:
                parts[axis] = (int(start or 0), int(stop) if stop else None)
        return cls(parts)

    def of(self, image: "Image") -> Spans:
        """Return ``((start, stop), ...)`` along the kept axes; all of those that are not told.

        Raises
        ------
        ImageError
            If the image has no such axis, or does not reach as far.
        """
        spans, shape = [], dict(zip(image.kept, image.kept_shape, strict=True))
        if unknown := set(self.parts) - set(shape):
            raise ImageError(
                f"{image.name} has no axis {', '.join(sorted(unknown))}: give a region along "
                f"{', '.join(shape)}"
            )
        for axis, n in shape.items():
            start, stop = self.parts.get(axis, (0, None))
            stop = n if stop is None else stop
            if not start < stop <= n:
                raise ImageError(
                    f"the region {axis}={start}:{stop} is not in {image.name}, whose {axis} goes "
                    f"from 0 to {n}: give a start below its stop, and a stop of at most {n}"
                )
            spans.append((start, stop))
        return tuple(spans)


def region_text(spans: Spans, axes: str) -> str:
    """Return the words of a region, which `Region.parse` reads."""
    return ",".join(f"{a}={start}:{stop}" for a, (start, stop) in zip(axes, spans, strict=True))
