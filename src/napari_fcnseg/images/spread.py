"""Small windows spread over an image: what a look at a part of a terabyte is worth."""

from collections.abc import Iterator

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

WINDOWS = 16
EDGE = 64


def spread_windows(image: Image) -> Iterator[Spans]:
    """Yield windows of a plane each, along the kept axes, from the first corner to the last."""
    for part in range(WINDOWS):
        window = []
        for axis, n in zip(image.kept, image.kept_shape, strict=True):
            edge = min(n, EDGE if axis in "YX" else 1)
            # Odd steps along each axis, so that windows do not lie on one diagonal.
            step = (part * (3 if axis == "Y" else 1)) % WINDOWS / (WINDOWS - 1)
            start = round((n - edge) * step)
            window.append((start, start + edge))
        yield tuple(window)
