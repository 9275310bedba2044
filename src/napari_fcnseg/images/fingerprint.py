"""Whether an image is the one that it was: told by a part of its pixels."""

import hashlib

import numpy as np

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.spread import spread_windows


def tell_image(image: Image) -> str:
    """Return axes, shape, type and a hash of windows spread over an image.

    A stack of a terabyte is not read for it.
    """
    return f"{image.axes} {image.shape} {image.dtype.name} {_sample(image)}"


def _sample(image: Image) -> str:
    found = hashlib.sha256()
    for window in spread_windows(image):
        found.update(np.ascontiguousarray(image.read(window)).data)
    return found.hexdigest()[:16]
