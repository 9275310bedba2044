"""From sums over pixels to what one tells of an object."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.refine.lengths import Lengths
from napari_fcnseg.refine.moments import LENGTHS, Moments


def shape_columns(found: Moments, axes: str, lengths: Lengths) -> dict[str, list[Any]]:
    """Tell properties of objects, by the names of columns of a table.

    Parameters
    ----------
    found
        Sums over the pixels of each.
    axes
        Axes of space, in the order of the sums.
    lengths
        Size of a pixel.

    Returns
    -------
    dict
        ``id``; ``pixels``; ``area`` or, of stacks, ``volume`` in the unit of length; ``center`` and
        bounding box in pixels, ``Y from`` and ``Y to`` (behind the last one); ``diameter`` of a
        circle or ball of that size; ``major`` and ``minor`` axis of the ellipse with the same
        second moments; in 2D ``eccentricity``, ``orientation`` of the major axis against Y in
        degrees, ``perimeter`` (where pixels are square) and ``circularity``,
        ``4 pi area / perimeter^2``; of an image ``mean`` and ``deviation`` of the intensity.
        As `skimage.measure.regionprops` has them.
    """
    rank, unit = len(axes), lengths.unit
    steps = np.array([lengths.steps[a] for a in axes])
    pixels = found.pixels.astype(np.float64)
    size = pixels * steps.prod()
    what = "area" if rank == 2 else "volume"
    power = "²" if rank == 2 else "³"
    columns: dict[str, NDArray[Any]] = {"id": found.ids, "pixels": found.pixels}
    if lengths.known:
        columns[f"{what} ({unit}{power})"] = size
    center = found.sums / found.pixels[:, None]
    for i, axis in enumerate(axes):
        columns[f"center {axis}"] = center[:, i]
    for i, axis in enumerate(axes):
        columns[f"{axis} from"], columns[f"{axis} to"] = found.low[:, i], found.high[:, i]
    if rank == 2:
        columns[f"diameter ({unit})"] = np.sqrt(4 * size / math.pi)
    else:
        columns[f"diameter ({unit})"] = np.cbrt(6 * size / math.pi)
    spread = _covariance(found) * steps[:, None] * steps[None, :]
    values = np.linalg.eigvalsh(spread)[:, ::-1].clip(0)  # largest first
    scale = 16 if rank == 2 else 20
    columns[f"major ({unit})"] = np.sqrt(scale * values[:, 0])
    columns[f"minor ({unit})"] = np.sqrt(scale * values[:, -1])
    if rank == 2:
        ratio = np.divide(
            values[:, 1], values[:, 0], out=np.ones(len(values)), where=values[:, 0] > 0
        )
        columns["eccentricity"] = np.sqrt(1 - ratio)
        yy, xx, yx = spread[:, 0, 0], spread[:, 1, 1], spread[:, 0, 1]
        columns["orientation (°)"] = np.degrees(0.5 * np.arctan2(2 * yx, yy - xx))
        if math.isclose(*steps, rel_tol=1e-6):
            perimeter = found.outline @ LENGTHS * steps[0]
            columns[f"perimeter ({unit})"] = perimeter
            columns["circularity"] = np.divide(
                4 * math.pi * size,
                perimeter**2,
                out=np.full(len(size), np.nan),
                where=perimeter > 0,
            )
    mean = found.bright / found.pixels[:, None]
    variance = (found.squares / found.pixels[:, None] - mean**2).clip(0)
    for i in range(mean.shape[1]):
        which = f" {i}" if mean.shape[1] > 1 else ""
        columns[f"mean{which}"], columns[f"deviation{which}"] = mean[:, i], np.sqrt(variance[:, i])
    return {name: [None if v != v else v for v in c.tolist()] for name, c in columns.items()}


def _covariance(found: Moments) -> NDArray[np.float64]:
    """Covariance of the positions of each object's pixels, from a corner near by."""
    n = found.pixels[:, None, None]
    # Whole numbers relative to the bounding box: no digits are lost far from the origin.
    low = found.low
    sums = found.sums - found.pixels[:, None] * low
    products = found.products - found.sums[:, :, None] * low[:, None, :]
    products = products - low[:, :, None] * sums[:, None, :]
    mean = sums / found.pixels[:, None]
    return products / n - mean[:, :, None] * mean[:, None, :]
