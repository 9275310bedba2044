"""Tiled prediction from a lazy image to storage, as a dask graph."""

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray

from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.events import Event, Predicted, PredictionStarted, Steps, TileDone
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.context import Context, SliceContext
from napari_fcnseg.inference.plan import Plan, plan
from napari_fcnseg.inference.runner import Kind, Runner
from napari_fcnseg.inference.target import Target
from napari_fcnseg.models.model import Model

WORKERS = 3  # reading, computing and writing overlap
BATCH_SECONDS = 1.0  # a graph of about this length at a time: it can be followed and stopped
LARGEST_BATCH = 16


def predict(
    model: Model,
    image: Any,
    out: Any,
    *,
    axes: str | None = None,
    output: Kind = "labels",
    tile: int | None = None,
    region: Spans | None = None,
    device: str = "auto",
    overwrite: bool = False,
    context: Context = "slice",
) -> Steps[Event]:
    """Segment an image of any size, tile by tile, into storage.

    Memory holds a few tiles, whatever the size of the image.

    Parameters
    ----------
    model
        A trained model.
    image
        Anything that `open_image` takes.
    out
        A path: ``.zarr`` for OME-Zarr 0.5 with a pyramid, ``.tif`` for OME-TIFF. Or an
        array, numpy or Zarr, of the output's shape: the image's axes without C, in the
        order ``TZYX``. Probabilities have a class axis, leading in an array, and the axis C
        (behind T) in a file.
    axes
        Of the image, where its file does not say.
    output
        ``"labels"``: class ids, uint8. ``"probabilities"``: one float32 per class.
    tile
        Largest edge of a tile in pixels, halo included.
    region
        Part of the image to segment, ``((start, stop), ...)`` along its axes without C, in
        the order ``TZYX``; the output has its size. Its pixels are those that a prediction
        of the whole image has there.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    overwrite
        Whether `out` may be there already.
    context
        What global pooling sees, in networks such as DeepLab v3 that are not exact:
        ``"slice"``, a thumbnail of the whole slice, so that tiles agree with each other; or
        ``"tile"``, which leaves seams. No other network takes notice.

    Returns
    -------
    Steps
        Iterate to run it: `PredictionStarted`, a `TileDone` for each tile, `Predicted`.
        Closed before its end, it leaves ``OUT.partial``, never an `out` that looks whole.

    Raises
    ------
    FcnsegError
        If image and model do not fit, the device is not there, or `out` cannot be written.
    """
    opened = open_image(image, axes=axes)
    check_fits(model, opened)
    runner = Runner(model, output, device)
    tiles = plan(opened.kept, opened.kept_shape, model.net.geometry, tile, region)
    target = Target(out, model, opened, tiles, output)
    target.check(overwrite)
    contexts = SliceContext(opened, runner, context)
    return Steps(_run(opened, runner, contexts, tiles, target, overwrite))


def check_fits(model: Model, image: Image) -> None:
    """Raise `FcnsegError` unless `image` has the axes and channels that `model` needs."""
    model.net.check_axes(image.kept, image.name)
    if image.channels == model.net.in_channels:
        return
    wanted = model.net.in_channels
    raise ModelError(
        f"{image.name} has {image.channels} channel{'s' * (image.channels > 1)} "
        f"({image.axes} {image.shape}), the model was trained on {wanted}. "
        + (
            "If all its channels are equal, open it with grey=True (--grey)"
            if wanted == 1
            else "Give it an image with the same channels in the same order"
        )
    )


def _run(
    image: Image,
    runner: Runner,
    contexts: SliceContext,
    tiles: Plan,
    target: Target,
    overwrite: bool,
) -> Generator[Event, None, None]:
    started = time.monotonic()
    sink = target.open(overwrite)
    yield PredictionStarted(tiles, tuple(sink.data))

    # Tasks take tile numbers: dask looks into every argument, and a number is soon seen.
    def read(number: int) -> NDArray[Any]:
        return image.read(tiles[number].source)

    def infer(number: int, block: NDArray[Any]) -> NDArray[Any]:
        return runner(block, tiles[number], contexts(tiles[number].core))

    def write(number: int, block: NDArray[Any]) -> None:
        sink.write(target.spans(tiles[number]), target.arrange(block))

    read_, infer_, write_ = (delayed(f, pure=False) for f in (read, infer, write))
    done, size = 0, 2
    with ThreadPoolExecutor(WORKERS) as pool:  # dask would keep one of its own alive
        while done < len(tiles):
            began = time.monotonic()
            batch = range(done, min(done + size, len(tiles)))
            graph = [write_(i, infer_(i, read_(i))) for i in batch]
            try:
                compute(*graph, scheduler="threads", pool=pool)
            except OSError as error:  # a reader's own are ImageErrors
                raise OutputError(
                    f"cannot write {target}: {error}. {done} of {len(tiles)} tiles are done"
                ) from error
            per_tile = (time.monotonic() - began) / len(batch)
            size = int(np.clip(BATCH_SECONDS / max(per_tile, 1e-3), 2, LARGEST_BATCH))
            for done in range(batch.start + 1, batch.stop + 1):
                yield TileDone(done, len(tiles), tiles[done - 1].core)
    sink.finish()
    yield Predicted(target.path, len(tiles), time.monotonic() - started)
