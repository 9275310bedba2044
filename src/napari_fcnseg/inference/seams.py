"""Whether tiles agree with larger ones that span their borders."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.calibrate import compare, predict_region
from napari_fcnseg.inference.cores import ALONG
from napari_fcnseg.inference.members import Models, as_models, plan_members
from napari_fcnseg.inference.model_work import ModelWork
from napari_fcnseg.inference.plan import Plan
from napari_fcnseg.inference.target import Target


@dataclass(frozen=True)
class Seams:
    """How tiles agree with larger ones that span their borders.

    Attributes
    ----------
    borders, pixels
        How many were compared.
    difference
        Largest difference of a probability.
    labels
        Share of pixels whose label differs.
    """

    borders: int
    pixels: int
    difference: float
    labels: float


def check_seams(
    model: Models, image: Any, *, axes: str | None = None, borders: int = 8, **settings: Any
) -> Seams:
    """Compare tiles with larger ones on a sample of the borders between them.

    Parameters
    ----------
    model, image, axes
        As in `predict`.
    borders
        How many are looked at, spread over the image.
    settings
        Those of `predict` that decide the pixels: ``tile``, ``memory``, ``halo``, ``device``,
        ``context``, ``augment``.

    Returns
    -------
    Seams
        Largest difference of a probability, and labels that differ, beside these borders.

    Raises
    ------
    FcnsegError
        As `predict`.
    """
    opened, models = open_image(image, axes=axes), as_models(model)
    members = plan_members(models, opened, **_without(settings, "device", "precision"))
    tiles, exact = members[0].tiles, _without(settings, "tile", "memory", "halo")
    target = Target(None, "probabilities", models[0].classes, opened, tiles, {})
    work = ModelWork(members=members, image=opened, targets=(target,), **exact)
    values = []
    for axis, near, far in _borders(tiles, borders):
        first, second = tiles[near].core, tiles[far].core
        # Half of each: the larger tile has the border in its middle.
        (a, b), (c, d) = first[axis], second[axis]
        start, stop = b - (b - a + 1) // 2, c + (d - c + 1) // 2
        region = (*first[:axis], (start, stop), *first[axis + 1 :])
        both = np.concatenate([work.compute(n)[0] for n in (near, far)], axis - len(first))
        found = both.take(range(start - a, stop - a), axis - len(first))
        values.append((found, predict_region(models, opened, region, exact)))
    return Seams(len(values), *compare(values))


def _without(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in names}


def _borders(tiles: Plan, wanted: int) -> Iterator[tuple[int, int, int]]:
    """Pairs of neighbours, ``(axis, number, number)``, spread over all that there are."""
    counts = tiles.cores.counts
    numbers = np.arange(len(tiles)).reshape(counts)
    axes = [i for i, axis in enumerate(tiles.geometry) if axis is not ALONG and counts[i] > 1]
    for axis in axes:
        planes = np.moveaxis(numbers, axis, 0)
        pairs = np.array([np.stack(p, -1).reshape(-1, 2) for p in pairwise(planes)]).reshape(-1, 2)
        take = np.linspace(0, len(pairs) - 1, min(len(pairs), -(-wanted // len(axes))))
        for near, far in pairs[take.round().astype(int)]:
            yield axis, int(near), int(far)
