"""Tiled prediction from a lazy image to storage, tile by tile."""

import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.events import Event, Predicted, PredictionStarted, Steps, TileDone
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import Mode, choose_mode
from napari_fcnseg.inference.budget import make_plan
from napari_fcnseg.inference.context import Context, check_context
from napari_fcnseg.inference.engine import run_tiles
from napari_fcnseg.inference.identity import identify
from napari_fcnseg.inference.runner import Kind
from napari_fcnseg.inference.session import check_output, open_session, recorded_core
from napari_fcnseg.inference.target import Target
from napari_fcnseg.inference.tile_work import TileWork
from napari_fcnseg.inference.workers import Scheduler, open_workers
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import choose_device


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
    resume: bool = False,
    memory: int | str | None = None,
    context: Context = "slice",
    scheduler: Scheduler = None,
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
        Largest edge of a tile in pixels, halo included; by default as large as `memory` allows.
    region
        Part of the image to segment, ``((start, stop), ...)`` along its axes without C, in
        the order ``TZYX``; the output has its size. Its pixels are those that a prediction
        of the whole image has there.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    overwrite
        Whether `out` may be there already; it is replaced.
    resume
        Go on with an `out` that an earlier run of the same model, image and settings left
        unfinished, or start where there is none. Tiles in its journal are not computed again;
        where no `tile` is given, the others are of the same size. A finished one is compared
        with its journal, and what is damaged is computed again.
    memory
        What network and tiles may take, in bytes or as ``"2GB"``, on the device that computes;
        it decides how large tiles are where `tile` does not. By default 1.3 GB.
    context
        What global pooling sees, in networks such as DeepLab v3 that are not exact:
        ``"slice"``, a thumbnail of the whole slice, so that tiles agree with each other; or
        ``"tile"``, which leaves seams. No other network takes notice.
    scheduler
        Where tiles run: by default in threads of this process; a number: in as many processes
        of this machine; the address of a dask scheduler or a ``distributed.Client``: on its
        workers, which write their own parts of the output.

    Returns
    -------
    Steps
        Iterate to run it: `PredictionStarted`, a `TileDone` for each tile, `Predicted`.
        Closed or killed before its end, it leaves ``OUT.partial``, never an `out` that looks
        whole. Beside it stands ``OUT.journal``: finished tiles and their checksums.

    Raises
    ------
    FcnsegError
        If image and model do not fit, the device is not there, `out` cannot be written, or
        was begun with another model, image or setting.
    """
    opened = open_image(image, axes=axes)
    check_fits(model, opened)
    check_context(context)
    choose_device(device)
    mode = choose_mode(overwrite, resume)
    core = recorded_core(out) if resume and tile is None else None
    tiles = make_plan(model.net, opened, tile, region, memory, core)
    target = Target(out, model, opened, tiles, output)
    settings = {"output": output, "context": context}
    identity = identify(model, opened, tiles, target.spec, **settings) if target.path else {}
    check_output(target, identity, mode)
    work = TileWork(model, opened, tiles, target, output, device, context)
    return Steps(_run(work, identity, mode, scheduler))


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
    work: TileWork, identity: Mapping[str, Any], mode: Mode, scheduler: Scheduler
) -> Generator[Event, None, None]:
    started = time.monotonic()
    tiles, target = work.tiles, work.target
    with open_session(target, identity, len(tiles), mode) as session:
        done = session.finished
        yield PredictionStarted(tiles, tuple(session.sink.data), done)
        try:
            with open_workers(replace(work, sink=session.sink), scheduler) as workers:
                for finished in run_tiles(workers, session.todo()):
                    session.record(dict(finished))
                    for number, _ in finished:
                        done += 1
                        yield TileDone(done, len(tiles), tiles[number].core)
        except OSError as error:  # a reader's own are ImageErrors
            raise OutputError(
                f"cannot write {target}: {error}. {done} of {len(tiles)} tiles are done"
                + ("; go on with resume=True (--resume)" if target.path else "")
            ) from error
        session.finish()
    yield Predicted(target.path, len(tiles), time.monotonic() - started)
