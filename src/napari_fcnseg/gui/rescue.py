"""However a training ends, what it has learned is kept."""

import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from napari_fcnseg.errors import FcnsegError, OutputError
from napari_fcnseg.events import Event, Step, Steps, Trained
from napari_fcnseg.gui.job import Failed
from napari_fcnseg.gui.model_jobs import keeping
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.model import Model
from napari_fcnseg.models.spare import load_spare, save_spare

FOLDER = "unfinished"  # beside the kept models, so that they are on one disk
EVERY = 30.0  # seconds from one file to the next


class Rescue:
    """Keeps the best model so far: in a file while one training runs, and if its window is closed.

    A process that is killed leaves its file behind; as nobody holds the lock of it then,
    `take_over` finds it.

    Parameters
    ----------
    library
        Of a person's models.
    gone
        Tells whether the window is closed.
    """

    def __init__(self, library: Library, gone: Callable[[], bool]) -> None:
        self._library, self._gone = library, gone
        self._path = library.folder / FOLDER / f"{uuid4().hex}.pt"
        # One thread takes it, and another lets go of it.
        self._lock = FileLock(_lock_path(self._path), timeout=0, thread_local=False)
        self._written = time.monotonic()
        self._failing = False

    def watch(self, steps: Steps[Event]) -> Steps[Event]:
        """Return the same training, rescued."""
        return Steps(self._watch(steps))

    def keeping(self, model: Model) -> Errand:
        """Return what saves the model in which the training ended: its file has done its work."""

        def work(_: Model) -> Generator[Event, None, None]:
            for kept in keeping(self._library, model)():
                self.end()  # at once: the window may close while this is told
                yield kept

        return work

    def end(self) -> None:
        """Leave nothing behind."""
        if self._lock.is_locked:
            _clear(self._path)
            self._lock.release()
            _lock_path(self._path).unlink(missing_ok=True)

    def _watch(self, steps: Steps[Event]) -> Generator[Event, None, None]:
        best: Callable[[], Model] | None = None
        with closing(steps):
            try:
                for event in steps:
                    if isinstance(event, Step):
                        best = event.best
                    elif isinstance(event, Trained):
                        best = partial(getattr, event, "model")
                    yield event
                    if isinstance(event, Step) and time.monotonic() - self._written > EVERY:
                        yield from self._write(event.best())
            finally:
                if best and self._gone():
                    self._library.keep(best())
                    self.end()

    def _write(self, model: Model) -> Generator[Event, None, None]:
        """Replace the file; a full disk is told once, and does not end the training."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._lock.is_locked:
                self._lock.acquire()
            save_spare(model, self._path)
        except (FcnsegError, OSError) as error:
            if not self._failing:
                yield Failed(
                    OutputError(
                        f"{error}. The training goes on; until there is room, what it learns is "
                        "lost if napari is killed"
                    )
                )
            self._failing = True
        else:
            self._failing = False
        self._written = time.monotonic()


def take_over(library: Library) -> list[Path]:
    """Keep the models of trainings whose process was killed; return where they are now.

    Raises
    ------
    FcnsegError
        If one is damaged, or there is no room for it; it stays where it is.
    """
    kept = []
    for file in sorted((library.folder / FOLDER).glob("*.lock")):
        path = file.with_suffix("")
        with suppress(Timeout):  # its training runs
            with FileLock(file, timeout=0):
                if path.exists():
                    kept.append(library.keep(load_spare(path)))
                _clear(path)
            file.unlink(missing_ok=True)
    return kept


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _clear(path: Path) -> None:
    for file in (path, partial_path(path)):
        file.unlink(missing_ok=True)
