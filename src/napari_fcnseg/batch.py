"""Many files with one model: one after the other, and none stops the rest."""

import time
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from napari_fcnseg.batch_queue import PATTERN, BatchFile, FileQueue
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import (
    BatchDone,
    BatchStarted,
    Event,
    FileDone,
    FileFailed,
    FileStarted,
    Note,
    PredictionStarted,
    Steps,
    TileDone,
)
from napari_fcnseg.images.find import find_images
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.doctor import expect_poor
from napari_fcnseg.inference.members import Models, as_models
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import choose_device


def segment_files(
    model: Models,
    files: str | Path | Iterable[str | Path],
    out_folder: str | Path,
    pattern: str = PATTERN,
    *,
    resume: bool = True,
    overwrite: bool = False,
    axes: str | None = None,
    level: int = 0,
    series: int = 0,
    grey: bool | None = None,
    device: str = "auto",
    tile: int | None = None,
    memory: int | str | None = None,
) -> Steps[Event]:
    """Segment files, one after the other; memory holds some tiles of one of them.

    A second call with the same arguments goes on: labels that are whole are compared with their
    journals and stay, those of a file that was cut off go on to the same bytes.

    Parameters
    ----------
    model
        A trained model, or several with the same classes.
    files
        Paths, folders and globs, see `find_images`; a Zarr is a file, any other folder is the
        images in it.
    out_folder
        Where labels go.
    pattern
        Name of the labels of an image, see `FileQueue`.
    resume
        Whether labels that are there are gone on with; without it they are errors of their files.
    overwrite
        Replace labels that are there, whatever they are of.
    axes, level, series, grey
        How each file is opened, see `open_image`.
    device, tile, memory
        See `predict`.

    Returns
    -------
    Steps
        Iterate to run it: `BatchStarted`; for each file `FileStarted`, the events of its
        prediction and `FileDone` or `FileFailed`; `BatchDone`.

    Raises
    ------
    ImageError
        If there are no images.
    OutputError
        If two images would have labels of one name, or labels cannot have the names of `pattern`.
    FcnsegError
        If models or device cannot be used. What is wrong with a file is told when it is its turn.
    """
    found, queue = find_images(files), FileQueue(out_folder, pattern)
    queue.add(found.images)
    opening = {"axes": axes, "level": level, "series": series, "grey": grey}
    how = {"device": device, "tile": tile, "memory": memory}
    how |= {"overwrite": overwrite, "resume": resume and not overwrite}
    return segment_queue(model, queue, opening, how, found.notes)


def segment_queue(
    model: Models,
    queue: FileQueue,
    opening: dict[str, Any],
    how: dict[str, Any],
    notes: tuple[str, ...] = (),
) -> Steps[Event]:
    """Segment files that wait in a queue, which may change meanwhile; see `segment_files`.

    Parameters
    ----------
    model, queue
        With what, and which files.
    opening, how
        Arguments of `open_image` and `predict`, for each file.
    notes
        What was left out when files were sought.
    """
    models = as_models(model)
    choose_device(how["device"])
    return Steps(_run(models, queue, opening, how, notes))


def _run(
    models: tuple[Model, ...],
    queue: FileQueue,
    opening: dict[str, Any],
    how: dict[str, Any],
    notes: tuple[str, ...],
) -> Generator[Event, None, None]:
    began, rows = time.monotonic(), list[FileDone | FileFailed]()
    yield BatchStarted(len(queue), notes)
    while file := queue.take():
        yield FileStarted(file.path, file.out, len(rows) + 1, len(queue))
        try:
            end: FileDone | FileFailed = yield from _one(models, file, opening, how)
        except FcnsegError as error:
            end = FileFailed(file.path, file.out, error)
        except Exception as error:  # also a defect is of its file alone
            told = FcnsegError(f"{type(error).__name__}: {error}. This is a defect: report it")
            told.__cause__ = error
            end = FileFailed(file.path, file.out, told)
        rows.append(end)
        yield end
    yield BatchDone(tuple(rows), time.monotonic() - began)


def _one(
    models: tuple[Model, ...], file: BatchFile, opening: dict[str, Any], how: dict[str, Any]
) -> Generator[Event, None, FileDone]:
    """Segment one file; what was computed stays if it is closed."""
    began, tiles, computed = time.monotonic(), 0, 0
    image = open_image(file.path, **opening)
    for note in (*image.notes, *expect_poor(models, image)):
        yield Note(note)
    with closing(predict(models, image, file.out, **how)) as job:
        for event in job:
            if isinstance(event, PredictionStarted):
                tiles = len(event.plan)
            computed += isinstance(event, TileDone)
            yield event
    return FileDone(file.path, file.out, tiles, computed, time.monotonic() - began)
