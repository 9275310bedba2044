"""What of an image can be looked at while a person waits."""

import math

from napari_fcnseg.images.grid import Spans, widen
from napari_fcnseg.images.image import Image
from napari_fcnseg.models.model import Model


def affordable(model: Model, image: Image, around: Spans, pixels: int) -> tuple[Spans | None, int]:
    """Choose what `suggest` looks at, so that it computes about so many pixels.

    Parameters
    ----------
    model
        Tells whether single planes are cheaper than the stack.
    image
        Of any size.
    around
        A window of one plane of it, along its kept axes.
    pixels
        How many may be computed.

    Returns
    -------
    region : Spans, optional
        ``None`` for the whole image. A stack around the window for a network that sees stacks, or
        the window where a single plane is too large.
    every
        How many planes to go on after each that is looked at.
    """
    shape = image.kept_shape
    whole = math.prod(shape)
    if whole <= pixels:
        return None, 1
    plane = math.prod(shape[-2:])
    if plane > pixels:
        return around, 1
    if model.net.ndim == 2:
        return None, math.ceil(whole / pixels)
    planes = max(1, pixels // plane)
    margins = (*[0] * (len(shape) - 3), planes // 2, *shape[-2:])
    return widen(around, shape, margins), 1
