"""A smaller halo, where the exact one costs too much, and what it changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.members import Models, as_models
from napari_fcnseg.inference.predict import predict

PLACES = 4  # where less context is tried
EDGE = 64  # of such a place


@dataclass(frozen=True)
class Calibration:
    """A smaller halo and what it costs.

    Attributes
    ----------
    halo
        Pixels of context.
    exact
        Pixels with which tiles would be exact, the most over all axes.
    difference
        Largest difference of a probability from the exact one that was measured with `halo`.
    pixels
        How many were compared.
    """

    halo: int
    exact: int
    difference: float
    pixels: int


def calibrate(
    model: Models, image: Any, tolerance: float = 0.01, *, axes: str | None = None, **settings: Any
) -> Calibration:
    """Find the smallest halo with which probabilities stay within `tolerance` of the exact ones.

    For networks whose exact halo costs too much, such as 3D U-Nets with three down-samplings or
    more. Measured on places spread over the image: a bound for what looks like them.

    Parameters
    ----------
    model, image, axes
        As in `predict`.
    tolerance
        Largest difference of a probability.
    settings
        ``memory``, ``device``, ``context``, ``augment`` of `predict`.

    Returns
    -------
    Calibration
        The halo in pixels, and what it changed where it was measured.

    Raises
    ------
    FcnsegError
        As `predict`.
    """
    opened, models = open_image(image, axes=axes), as_models(model)
    stride = max(max(m.net.stride) for m in models)
    exact = max(axis.halo for m in models for axis in m.net.geometry)
    places = list(_places(opened, models[0].net.ndim, stride))
    whole = [predict_region(models, opened, place, settings) for place in places]

    def measured(halo: int) -> tuple[int, float, float]:
        found = [predict_region(models, opened, p, {**settings, "halo": halo}) for p in places]
        return compare(list(zip(found, whole, strict=True)))

    low, high = -1, -(-exact // stride)  # in strides; the last one is exact
    best = compare(list(zip(whole, whole, strict=True)))
    while high - low > 1:
        middle = (low + high) // 2
        found = measured(middle * stride)
        if found[1] <= tolerance:
            high, best = middle, found
        else:
            low = middle
    return Calibration(min(high * stride, exact), exact, best[1], best[0])


def predict_region(
    models: Models, image: Image, region: Spans, settings: dict[str, Any]
) -> NDArray[np.float32]:
    """Probabilities of a region, ``(classes, *lengths)``."""
    classes = len(as_models(models)[0].classes)
    out = np.zeros((classes, *(b - a for a, b in region)), np.float32)
    predict(models, image, out, output="probabilities", region=region, **settings).wait()
    return out


def compare(
    values: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> tuple[int, float, float]:
    """Pixels, largest difference of a probability, and share of labels that differ."""
    pixels = sum(truth[0].size for _, truth in values)
    if not pixels:
        return 0, 0.0, 0.0
    difference = max(float(np.abs(found - truth).max()) for found, truth in values)
    labels = sum(int((f.argmax(0) != t.argmax(0)).sum()) for f, t in values)
    return pixels, difference, labels / pixels


def _places(image: Image, ndim: int, stride: int) -> Iterator[Spans]:
    """Blocks on the diagonal of an image."""
    edge = -(-EDGE // stride) * stride
    leading = len(image.kept) - ndim
    for part in np.linspace(0.2, 0.8, PLACES):
        sizes = [1 if i < leading else min(n, edge) for i, n in enumerate(image.kept_shape)]
        starts = [round((n - s) * part) for n, s in zip(image.kept_shape, sizes, strict=True)]
        yield tuple((a, a + s) for a, s in zip(starts, sizes, strict=True))
