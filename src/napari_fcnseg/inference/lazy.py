"""Segmentation as a lazy dask array: what is computed of it runs its tiles only."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import dask.array as da
import numpy as np
import torch
from dask.delayed import delayed
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.images.axes import ambiguous, given_order
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image, channels_first
from napari_fcnseg.images.mirror import Reading
from napari_fcnseg.inference.backoff import run_in_memory
from napari_fcnseg.inference.blend import blend, neighbours
from napari_fcnseg.inference.context import Context, check_context, thumbnail_step
from napari_fcnseg.inference.encode import DTYPES, Kind, check_kind, encode, leading
from napari_fcnseg.inference.members import as_models, certified, check_fits, check_opinions
from napari_fcnseg.inference.plan import Plan, Tile, plan
from napari_fcnseg.inference.runner import Pooled, Runner
from napari_fcnseg.models.model import Model


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

    Parameters and axes of the result as `segment`; its chunks are the cores of the tiles. Where
    the model scales each image by itself, a sample of the array is computed at once.

    Returns
    -------
    dask.array.Array
        What `segment` returns, not yet computed.

    Raises
    ------
    FcnsegError
        As `segment`, for what can be known at once.
    """
    (model,) = as_models(model)
    axes = axes or ("YX" if array.ndim == 2 else None)
    if axes is None:
        raise ambiguous(array.shape, "the dask array")
    image = Image(array, axes)
    check_fits(model, image)
    check_kind(output)
    check_opinions([output], (model,))
    check_context(context)
    planned = plan(image.kept, image.kept_shape, model.net.geometry, tile)
    graph = _Graph(model, image, certified(model, planned, context), output, device, context)
    numbers = np.arange(len(graph.tiles)).reshape(graph.tiles.cores.counts)
    whole: da.Array = da.block(_nested(numbers, graph.block))
    given: da.Array = whole.transpose(given_order(axes, len(graph.leading)))
    return given


class _Graph:
    """Nodes of a lazy segmentation, each made once: contexts of slices, tiles, blocks."""

    def __init__(
        self, model: Model, image: Image, tiles: Plan, output: Kind, device: str, context: Context
    ) -> None:
        self.tiles, self._image, self._output = tiles, image, output
        self._classes = model.classes
        self.leading = leading(output, len(model.classes))
        self._runner = Runner(model.on(image), ["probabilities" if tiles.fade else output], device)
        self._freezes = context == "slice" and self._runner.pools
        self._pooled: dict[Spans, Any] = {}
        self._ran: dict[int, Any] = {}

    def block(self, number: int) -> da.Array:
        """Return the core of a tile."""
        core = self.tiles[number].core
        if not self.tiles.fade:
            found = self._run(number)
        else:
            near = {n: self._run(n) for n in neighbours(self.tiles, number)}
            mix = partial(_blended, self.tiles, number, self._output, self._classes)
            found = delayed(mix, pure=False)(near)
        shape = self.leading + tuple(stop - start for start, stop in core)
        lazy: da.Array = da.from_delayed(found, shape, DTYPES[self._output])
        return lazy

    def _run(self, number: int) -> Any:
        """Return what the network says of a tile."""
        if number not in self._ran:
            tile = self.tiles.grown(number)
            reading, axes = self._image.locate(tile.source), self._image.axes
            run = partial(_run_tile, self._runner, self.tiles, axes, tile, reading)
            pixels = self._image.data[reading.region]
            self._ran[number] = delayed(run, pure=False)(pixels, self._pool(tile.core[:-2]))
        return self._ran[number]

    def _pool(self, plane: Spans) -> Any:
        """Return the context of a slice; a task must not compute another one's array."""
        if not self._freezes:
            return ()
        if plane not in self._pooled:
            axes, step = self._image.axes, thumbnail_step(self._image)
            at = dict(zip(self._image.kept[:-2], plane, strict=True))
            region = self._image.locate(at).region
            steps = [step if a in "YX" else None for a in axes]
            every = tuple(slice(s.start, s.stop, n) for s, n in zip(region, steps, strict=True))
            pool = partial(_pool, self._runner, axes)
            self._pooled[plane] = delayed(pool, pure=False)(self._image.data[every])
        return self._pooled[plane]


def _run_tile(
    runner: Runner,
    tiles: Plan,
    axes: str,
    tile: Tile,
    reading: Reading,
    block: NDArray[Any],
    pooled: Pooled,
) -> NDArray[Any]:
    pixels = channels_first(reading.fill(np.asarray(block)), axes)
    (found,) = run_in_memory(runner, tiles, tile, pixels, pooled)
    return found


def _blended(
    tiles: Plan,
    number: int,
    output: Kind,
    classes: Sequence[SegClass],
    found: Mapping[int, NDArray[np.float32]],
) -> NDArray[Any]:
    mean = torch.from_numpy(blend(tiles, number, len(classes), found.__getitem__))
    return encode(mean, output, classes, logits=False)


def _pool(runner: Runner, axes: str, thumbnail: NDArray[Any]) -> Pooled:
    pixels = channels_first(np.asarray(thumbnail), axes)
    return runner.pool(pixels.reshape(len(pixels), *pixels.shape[-2:]))


def _nested(numbers: NDArray[np.intp], block: Callable[[int], da.Array]) -> Any:
    """Nested lists of blocks, as ``dask.array.block`` wants them."""
    if numbers.ndim == 0:
        return block(int(numbers))
    return [_nested(part, block) for part in numbers]
