"""What of an image is to be segmented: the pixels of a mask that are not zero."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image


class Mask:
    """A mask over an image; outside of it labels and probabilities are 0.

    Parameters
    ----------
    image
        Has some or all of the axes of what is segmented, without C; it is the same along the
        others.
    like
        What is segmented.

    Raises
    ------
    ImageError
        If the shapes do not fit.
    """

    def __init__(self, image: Image, like: Image) -> None:
        sizes = {a: like.sizes[a] for a in image.kept if a in like.kept}
        found = {a: image.sizes[a] for a in image.kept}
        if image.channels > 1 or found != sizes:
            raise ImageError(
                f"the mask {image.name} is {image.axes} {image.shape}, {like.name} is {like.kept} "
                f"{like.kept_shape}: give a mask of the same size, with one channel; it may lack "
                "leading axes"
            )
        self.image = image
        self._leading = tuple(a not in image.kept for a in like.kept)
        self._axes = like.kept

    def read(self, core: Spans) -> NDArray[np.bool_]:
        """Return where in a core the mask is set; its shape broadcasts to that of the core."""
        along = dict(zip(self._axes, core, strict=True))
        inside = self.image.read({a: along[a] for a in self.image.kept})[0] != 0
        missing = tuple(i for i, lacks in enumerate(self._leading) if lacks)
        return np.expand_dims(inside, missing)


def open_mask(mask: Any, like: Image) -> Mask | None:
    """Open a mask for `like`: anything that `open_image` takes, or ``None``."""
    if mask is None:
        return None
    axes = None
    if not isinstance(mask, Image) and hasattr(mask, "ndim"):
        axes = like.kept[-mask.ndim :]
    return Mask(open_image(mask, axes=axes), like)
