"""Segmentation of arrays: in memory, or as a lazy dask array."""

from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from dask.delayed import delayed
from numpy.typing import NDArray

from napari_fcnseg.images.axes import ambiguous
from napari_fcnseg.images.image import Image, channels_first
from napari_fcnseg.images.mirror import Reading
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.plan import Tile, plan
from napari_fcnseg.inference.predict import check_fits, predict
from napari_fcnseg.inference.runner import Kind, Runner
from napari_fcnseg.models.model import Model


def segment(
    model: Model,
    image: Any,
    output: Kind = "labels",
    *,
    axes: str | None = None,
    tile: int | None = None,
    device: str = "auto",
    context: Context = "slice",
) -> NDArray[Any]:
    """Segment an image into an array in memory.

    Parameters
    ----------
    model
        A trained model.
    image
        Anything that `open_image` takes.
    output
        ``"labels"`` or ``"probabilities"``.
    axes
        Of the image, where it does not say itself; needed for arrays of 3 dimensions or more.
    tile, device, context
        See `predict`.

    Returns
    -------
    ndarray
        Class ids, uint8, with the axes of the image without C, in their order; or
        probabilities, float32, with a leading class axis.
    """
    opened = open_image(image, axes=axes)
    check_fits(model, opened)
    leading = (len(model.classes),) if output == "probabilities" else ()
    dtype = np.float32 if leading else np.uint8
    out = np.zeros(leading + opened.kept_shape, dtype)
    predict(model, opened, out, output=output, tile=tile, device=device, context=context).wait()
    return out.transpose(_given_order(opened, len(leading)))


def segment_lazy(
    model: Model,
    array: da.Array,
    output: Kind = "labels",
    *,
    axes: str | None = None,
    tile: int | None = None,
    device: str = "auto",
    context: Context = "slice",
) -> da.Array:
    """Segment a dask array lazily: what is computed of the result runs its tiles only.

    Parameters and axes of the result as `segment`; its chunks are the cores of the tiles.
    """
    axes = axes or ("YX" if array.ndim == 2 else None)
    if axes is None:
        raise ambiguous(array.shape, "the dask array")
    image = Image(array, axes)
    check_fits(model, image)
    tiles = plan(image.kept, image.kept_shape, model.net.geometry, tile)
    runner = Runner(model, output, device)
    contexts = SliceContext(image, runner, context)
    leading = (len(model.classes),) if output == "probabilities" else ()

    def block(number: int) -> da.Array:
        tile = tiles[number]
        reading = image.locate(tile.source)
        shape = leading + tuple(stop - start for start, stop in tile.core)
        run = partial(_run_block, runner, contexts, axes, tile, reading)
        ran = delayed(run, pure=False)(array[reading.region])
        lazy: da.Array = da.from_delayed(ran, shape, np.float32 if leading else np.uint8)
        return lazy

    numbers = np.arange(len(tiles)).reshape(tiles.cores.counts)
    whole: da.Array = da.block(_nested(numbers, block))
    given: da.Array = whole.transpose(_given_order(image, len(leading)))
    return given


def _run_block(
    runner: Runner,
    contexts: SliceContext,
    axes: str,
    tile: Tile,
    reading: Reading,
    block: NDArray[Any],
) -> NDArray[Any]:
    pixels = channels_first(reading.fill(np.asarray(block)), axes)
    return runner(pixels, tile, contexts(tile.core))


def _nested(numbers: NDArray[np.intp], block: Any) -> Any:
    """Nested lists of blocks, as ``dask.array.block`` wants them."""
    if numbers.ndim == 0:
        return block(int(numbers))
    return [_nested(part, block) for part in numbers]


def _given_order(image: Image, leading: int) -> list[int]:
    """Transposition of a result into the order in which the image has its axes."""
    kept = [image.kept.index(a) + leading for a in image.axes if a != "C"]
    return [*range(leading), *kept]
