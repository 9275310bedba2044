"""Objects that touch, told apart by their insides: instances from an inside / border network."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.instances import BORDER, INSIDE
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.images.full_scale import full_scale
from napari_fcnseg.images.open import open_image
from napari_fcnseg.refine.objects import Seeds, find_objects

SURE, THERE, ROUNDS = 0.5, 0.5, 8


def split_objects(
    found: Any,
    out: str | Path | None = None,
    *,
    axes: str | None = None,
    inside: int = INSIDE.id,
    border: int = BORDER.id,
    channels: tuple[int, ...] = (),
    sure: float = SURE,
    there: float = THERE,
    rounds: int = ROUNDS,
    across: str = "ZYX",
    min_seed: int = 0,
    overwrite: bool = False,
) -> Steps[Event]:
    """Make objects of what a network that learned `Instances` has found.

    Insides that are connected are the seeds of objects, which then grow over their borders: a
    watershed of the distance from the insides, see `grow`. Any blocks give what the whole gives.

    Parameters
    ----------
    found
        Class ids, or probabilities of the classes along C.
    out
        An ``.ome.zarr`` or ``.ome.tif`` for the ids, uint32; by default an array in memory.
    axes
        Of `found`, where they do not say themselves.
    inside, border
        Ids of the two classes.
    channels
        Ids of the classes of the channels of probabilities; by default as the file remembers, else
        from 1 on.
    sure
        Probability of the inside from which on a pixel is a seed.
    there
        Probability of inside and border together from which on there is an object.
    rounds
        How many pixels a seed grows, at most.
    across, min_seed, overwrite
        As `label_objects`; seeds that have fewer pixels grow to nothing.

    Returns
    -------
    Steps
        Events as `label_objects` yields them.

    Raises
    ------
    ImageError, OutputError
        At once.
    """
    image = open_image(found, axes=axes)
    if image.channels == 1:

        def seeds(pixels: NDArray[Any]) -> NDArray[np.integer]:
            return np.asarray(pixels[0] == inside, np.uint8)

        def foreground(pixels: NDArray[Any]) -> NDArray[np.bool_]:
            return np.isin(pixels[0], (inside, border))

    else:
        told = [c.id for c in known_classes(image.path)]
        ids = list(channels or told or range(1, image.channels + 1))
        if len(ids) != image.channels or not {inside, border} <= set(ids):
            raise ImageError(
                f"{image.name} has {image.channels} channels, of the classes {ids}: inside = "
                f"{inside} and border = {border} must be among them; say channels="
            )
        at, beside = ids.index(inside), ids.index(border)
        full = full_scale(image.dtype)

        def seeds(pixels: NDArray[Any]) -> NDArray[np.integer]:
            return np.asarray(pixels[at] >= sure * full, np.uint8)

        def foreground(pixels: NDArray[Any]) -> NDArray[np.bool_]:
            both: NDArray[np.bool_] = pixels[at].astype(np.float32) + pixels[beside] >= there * full
            return both

    rule = Seeds(image, seeds, foreground, rounds)
    return find_objects(rule, out, across, False, min_seed, overwrite)
