"""Segmentation of arrays: in memory, or as a lazy dask array."""

from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from dask.delayed import delayed
from numpy.typing import NDArray

from napari_fcnseg.images.axes import ambiguous
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image, channels_first
from napari_fcnseg.images.mirror import Reading
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.context import Context, check_context, thumbnail_step
from napari_fcnseg.inference.encode import DTYPES, Kind, check_kind
from napari_fcnseg.inference.members import Models, as_models, check_fits
from napari_fcnseg.inference.plan import Tile, plan
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.inference.runner import Pooled, Runner
from napari_fcnseg.inference.views import Augment
from napari_fcnseg.models.model import Model


def segment(
    model: Models,
    image: Any,
    output: Kind = "labels",
    *,
    axes: str | None = None,
    tile: int | None = None,
    device: str = "auto",
    context: Context = "slice",
    augment: Augment = "none",
    mask: Any = None,
) -> NDArray[Any]:
    """Segment an image into an array in memory.

    Parameters
    ----------
    model, image, tile, device, context, augment, mask
        See `predict`.
    output
        ``"labels"`` or ``"probabilities"``, or a smaller type of them.
    axes
        Of the image, where it does not say itself; needed for arrays of 3 dimensions or more.

    Returns
    -------
    ndarray
        Class ids, uint8, with the axes of the image without C, in their order; or
        probabilities with a leading class axis.
    """
    opened = open_image(image, axes=axes)
    check_kind(output)
    models = as_models(model)
    leading = () if output == "labels" else (len(models[0].classes),)
    out = np.zeros(leading + opened.kept_shape, DTYPES[output])
    predict(
        models, opened, out, output=output, tile=tile, device=device, context=context,
        augment=augment, mask=mask,
    ).wait()  # fmt: skip
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
    check_kind(output)
    runner = Runner(model, [output], device)
    check_context(context)
    pooled: dict[Spans, Any] = {}
    leading = () if output == "labels" else (len(model.classes),)

    def pool(plane: Spans) -> Any:
        """Context of a slice, a node of the graph: a task must not compute another one."""
        if context == "tile" or not runner.pools:
            return ()
        if plane not in pooled:
            step = thumbnail_step(image)
            whole = zip(image.kept[:-2], plane, strict=True)
            region = image.locate(dict(whole)).region
            steps = [step if a in "YX" else None for a in axes]
            every = tuple(slice(s.start, s.stop, n) for s, n in zip(region, steps, strict=True))
            pooled[plane] = delayed(partial(_pool, runner, axes), pure=False)(array[every])
        return pooled[plane]

    def block(number: int) -> da.Array:
        tile = tiles[number]
        reading = image.locate(tile.source)
        shape = leading + tuple(stop - start for start, stop in tile.core)
        run = partial(_run_block, runner, axes, tile, reading)
        ran = delayed(run, pure=False)(array[reading.region], pool(tile.core[:-2]))
        lazy: da.Array = da.from_delayed(ran, shape, DTYPES[output])
        return lazy

    numbers = np.arange(len(tiles)).reshape(tiles.cores.counts)
    whole: da.Array = da.block(_nested(numbers, block))
    given: da.Array = whole.transpose(_given_order(image, len(leading)))
    return given


def _run_block(
    runner: Runner, axes: str, tile: Tile, reading: Reading, block: NDArray[Any], pooled: Pooled
) -> NDArray[Any]:
    (found,) = runner(channels_first(reading.fill(np.asarray(block)), axes), tile, pooled)
    return found


def _pool(runner: Runner, axes: str, thumbnail: NDArray[Any]) -> Pooled:
    pixels = channels_first(np.asarray(thumbnail), axes)
    return runner.pool(pixels.reshape(len(pixels), *pixels.shape[-2:]))


def _nested(numbers: NDArray[np.intp], block: Any) -> Any:
    """Nested lists of blocks, as ``dask.array.block`` wants them."""
    if numbers.ndim == 0:
        return block(int(numbers))
    return [_nested(part, block) for part in numbers]


def _given_order(image: Image, leading: int) -> list[int]:
    """Transposition of a result into the order in which the image has its axes."""
    kept = [image.kept.index(a) + leading for a in image.axes if a != "C"]
    return [*range(leading), *kept]
