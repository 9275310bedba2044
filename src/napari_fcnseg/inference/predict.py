"""Tiled prediction from a lazy image to storage, tile by tile."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from napari_fcnseg.errors import OutputError
from napari_fcnseg.events import Event, Predicted, PredictionStarted, Steps, TileDone
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.ngff import Ngff
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import Mode, choose_mode
from napari_fcnseg.inference.context import Context, check_context
from napari_fcnseg.inference.encode import Kind
from napari_fcnseg.inference.engine import run_tiles
from napari_fcnseg.inference.identity import (
    describe_method,
    describe_models,
    identify,
    tell_models,
)
from napari_fcnseg.inference.mask import open_mask
from napari_fcnseg.inference.members import Models, as_models, check_opinions, plan_members
from napari_fcnseg.inference.model_work import ModelWork
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.plane_work import PlaneWork, check_without_network, plan_planes
from napari_fcnseg.inference.runner import Precision, check_precision
from napari_fcnseg.inference.session import check_output, open_session, recorded
from napari_fcnseg.inference.target import Target
from napari_fcnseg.inference.tile_work import TileWork
from napari_fcnseg.inference.views import Augment
from napari_fcnseg.inference.workers import Scheduler, open_workers
from napari_fcnseg.nets.device import choose_device

Identity = Mapping[str, Any]


def predict(
    model: Models | PlaneMethod,
    image: Any,
    out: Any,
    *,
    axes: str | None = None,
    output: Kind = "labels",
    tile: int | None = None,
    region: Spans | None = None,
    mask: Any = None,
    device: str = "auto",
    overwrite: bool = False,
    resume: bool = False,
    memory: int | str | None = None,
    halo: int | None = None,
    context: Context = "slice",
    augment: Augment = "none",
    precision: Precision = "float32",
    scheduler: Scheduler = None,
    ngff: Ngff = "0.5",
) -> Steps[Event]:
    """Segment an image of any size, tile by tile, into storage.

    Memory holds a few tiles, whatever the size of the image.

    Parameters
    ----------
    model
        A trained model, or several with the same classes: the mean of their probabilities
        decides. Or a `PlaneMethod`, which labels each plane by itself without a network: its
        output is labels, and what is told of tiles and views below is not for it. It runs on
        the processor, whatever the device.
    image
        Anything that `open_image` takes.
    out
        A path: ``.zarr`` for OME-Zarr with a pyramid, ``.tif`` for OME-TIFF; a name in the
        ``labels`` folder of an OME-Zarr image. Or an array, numpy or Zarr, of the output's
        shape: the image's axes without C, in the order ``TZYX``. Probabilities have a class
        axis, leading in an array, and the axis C (behind T) in a file. Or several of them,
        written in one pass: ``{"labels": path, "probabilities-u8": other}``.
    axes
        Of the image, where its file does not say.
    output
        What to write, where `out` does not say. ``"labels"``: class ids, uint8.
        ``"probabilities"``: one float32 per class; ``"probabilities-f16"``: float16,
        ``"probabilities-u8"``: uint8, 255 for 1. ``"entropy"`` of the probabilities and
        ``"disagreement"`` of views and models (see `augment`), where 0 is sure and 1 unsure:
        one float32.
    tile
        Largest edge of a tile in pixels, halo included; by default as large as `memory` allows.
    region
        Part of the image to segment, ``((start, stop), ...)`` along its axes without C, in
        the order ``TZYX``; the output has its size. Its pixels are those that a prediction
        of the whole image has there.
    mask
        Anything that `open_image` takes, as large as the image: only where it is not 0 there
        are labels and probabilities other than 0, and tiles without any such pixel are skipped.
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
        it decides how large tiles are where `tile` does not. By default 1.1 GB.
    halo
        Context of a tile in pixels, where the exact one costs too much: tiles then differ from
        the untiled network, by what `calibrate` measures.
    context
        What global pooling sees, in networks such as DeepLab v3 that are not exact:
        ``"slice"``, a thumbnail of the whole slice, so that tiles agree with each other; or
        ``"tile"``, what each tile sees: they do not agree, and fade into each other. No other
        network takes notice.
    augment
        ``"flips"``: the mean of 4 views of each tile, mirrored along Y and X; ``"all"``: of 8,
        turned as well.
    precision
        ``"bfloat16"`` and ``"float16"`` are fast on graphics cards, and change some labels:
        0.4 % of them with random weights.
    scheduler
        Where tiles run: by default in threads of this process; a number: in as many processes
        of this machine; the address of a dask scheduler or a ``distributed.Client``: on its
        workers, which write their own parts of the output.
    ngff
        Version of OME-Zarr that is written; inside of an image it is the image's.

    Returns
    -------
    Steps
        Iterate to run it: `PredictionStarted`, a `TileDone` for each tile, `Predicted`.
        Closed or killed before its end, it leaves ``OUT.partial``, never an `out` that looks
        whole. Beside it stands ``OUT.journal``: finished tiles and their checksums.

    Raises
    ------
    FcnsegError
        If image and model do not fit, a method is asked for what takes a network, the device is
        not there, `out` cannot be written, or was begun with another model, image or setting.
    """
    opened = open_image(image, axes=axes)
    outs = dict(out) if isinstance(out, Mapping) else {output: out}
    if not outs:
        raise OutputError(
            "there is no output: give a path, an array, or a mapping of kinds to them"
        )
    inside, mode = open_mask(mask, opened), choose_mode(overwrite, resume)
    settings: dict[str, Any] = {
        "halo": halo, "context": context, "augment": augment, "precision": precision
    }  # fmt: skip
    work: TileWork
    if isinstance(model, PlaneMethod):
        check_without_network(model.name, outs, settings | {"tile": tile, "memory": memory})
        model.check_fits(opened)
        tiles = plan_planes(opened, region)
        work = PlaneWork(image=opened, mask=inside, method=model, planes=tiles)
        classes, made = model.classes, describe_method(model)
        deciding, notes = made, model.notes_on(opened, tiles.region)
    else:
        models = as_models(model)
        check_opinions(outs, models, augment)
        check_context(context)
        choose_device(device)
        check_precision(precision)
        begun = recorded(next(iter(outs.values()))) if resume else {}
        core = begun.get("core") if tile is None else None
        members = plan_members(models, opened, tile, region, memory, core, halo, augment, context)
        work = ModelWork(
            image=opened, mask=inside, members=members,
            device=device, context=context, augment=augment, precision=precision,
        )  # fmt: skip
        classes, made = models[0].classes, describe_models(models)
        deciding = tell_models(made) | settings
        notes = tuple(note for one in models for note in one.notes_on(opened))
    targets = tuple(
        Target(o, kind, classes, opened, work.tiles, made, ngff) for kind, o in outs.items()
    )
    identities = [
        identify(deciding, opened, work.tiles, t, inside) if t.path else {} for t in targets
    ]
    for target, identity in zip(targets, identities, strict=True):
        check_output(target, identity, mode)
    return Steps(_run(replace(work, targets=targets), identities, mode, scheduler, notes))


def _run(
    work: TileWork,
    identities: Sequence[Identity],
    mode: Mode,
    scheduler: Scheduler,
    notes: tuple[str, ...],
) -> Generator[Event, None, None]:
    started = time.monotonic()
    tiles, targets = work.tiles, work.targets
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(open_session(target, identity, len(tiles), mode))
            for target, identity in zip(targets, identities, strict=True)
        ]
        todo = [n for n in range(len(tiles)) if not all(n in session for session in sessions)]
        done = len(tiles) - len(todo)
        yield PredictionStarted(tiles, tuple(sessions[0].sink.data), done, notes, todo)
        sinks = tuple(session.sink for session in sessions)
        try:
            with open_workers(replace(work, sinks=sinks), scheduler) as workers:
                for finished in run_tiles(workers, todo):
                    for number, session in enumerate(sessions):
                        session.record({n: sums[number] for n, sums in finished.items()})
                    for n in finished:
                        done += 1
                        yield TileDone(done, len(tiles), tiles[n].core)
        except OSError as error:  # a reader's own are ImageErrors
            raise OutputError(
                f"cannot write {' or '.join(map(str, targets))}: {error}. {done} of {len(tiles)} "
                "tiles are done" + ("; go on with resume=True (--resume)" * bool(targets[0].path))
            ) from error
        for session in sessions:
            session.finish()
    paths = tuple(target.path for target in targets)
    yield Predicted(paths[0], len(tiles), time.monotonic() - started, paths)
