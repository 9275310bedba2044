"""What global pooling sees of a slice: a thumbnail of all of it, whatever tile is computed."""

import threading
from collections import OrderedDict
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import PlanError
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.runner import Pooled, Runner

Context = Literal["slice", "tile"]
THUMBNAIL = 1024  # longest edge in pixels
BLOCK = 1024
KEPT = 4  # slices; tiles come slice by slice


class SliceContext:
    """Pooled context by slice, computed when the first tile of a slice needs it.

    Parameters
    ----------
    image
        What is predicted.
    runner
        Its network pools.
    context
        ``"tile"``: each tile pools what it sees, and tiles do not agree with each other.
    """

    def __init__(self, image: Image, runner: Runner, context: Context = "slice") -> None:
        check_context(context)
        self._image, self._runner = image, runner
        self._on = context == "slice" and runner.pools
        self._kept: OrderedDict[Spans, Pooled] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, core: Spans) -> Pooled:
        """Context of the slice that a core lies in; empty where there is nothing to fix."""
        if not self._on:
            return ()
        plane = core[:-2]
        with self._lock:
            if plane not in self._kept:
                self._kept[plane] = self._runner.pool(thumbnail(self._image, plane))
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[plane]


def check_context(context: str) -> None:
    """Raise `PlanError` unless `context` is one of those that there are."""
    if context not in get_args(Context):
        raise PlanError(f"context = {context!r}: choose one of 'slice', 'tile'")


def thumbnail_step(image: Image) -> int:
    """Every how manieth pixel of a plane is in its thumbnail."""
    return -(-max(image.kept_shape[-2:]) // THUMBNAIL)


def thumbnail(image: Image, plane: Spans) -> NDArray[np.generic]:
    """Every n-th pixel of one plane, at most 1024 along each edge, read block by block.

    Parameters
    ----------
    image
        Any image.
    plane
        Spans of one position along the kept axes before Y and X.

    Returns
    -------
    ndarray
        Raw pixels, shape ``(channels, Y, X)``.
    """
    size = image.kept_shape[-2:]
    step = thumbnail_step(image)
    edge = BLOCK // step * step  # blocks begin on the grid of the pixels that are kept
    blocks = Grid(size, (edge, edge))
    whole = np.zeros((image.channels, *(-(-n // step) for n in size)), image.dtype)
    for (top, bottom), (left, right) in blocks:
        pixels = image.read((*plane, (top, bottom), (left, right)))
        kept = pixels.reshape(image.channels, bottom - top, right - left)[:, ::step, ::step]
        y, x = top // step, left // step
        whole[:, y : y + kept.shape[1], x : x + kept.shape[2]] = kept
    return whole
