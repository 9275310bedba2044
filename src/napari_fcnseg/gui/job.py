"""Run a job of the engine in a thread of napari, and stop it cleanly."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from types import FunctionType
from typing import cast

from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer

from napari_fcnseg.events import Event, Step, Steps
from napari_fcnseg.gui.garbage import only_new_garbage
from napari_fcnseg.gui.give_way import give_way
from napari_fcnseg.gui.llvm import keep_triton_out

STEP_INTERVAL = 0.1  # seconds between two Step events that reach the GUI
PATIENCE = 1.0  # seconds that a job rests at most, until its layer is drawn
TURN = 20  # milliseconds in which the window draws what it was told


@dataclass(frozen=True)
class Failed(Event):
    """The job raised an error."""

    error: Exception


@dataclass(frozen=True)
class Ended(Event):
    """The job's thread is done with it, for whatever reason; always the last event."""

    stopped: bool


class Job:
    """One engine job in a worker thread.

    A worker's own ``quit()`` never closes its generator, and it swallows a RuntimeError,
    which is what torch raises. So the job has a stop flag of its own, closes its steps, and
    reports errors as events.

    Parameters
    ----------
    make
        Makes the steps; called in the worker thread, as it may read files.
    receive
        Called in the GUI thread with each event.
    draws
        Events for which a layer is made or much is drawn: the job rests meanwhile, as the window
        would take three times as long beside it.
    """

    def __init__(
        self,
        make: Callable[[], Steps[Event]],
        receive: Callable[[Event], object],
        draws: tuple[type[Event], ...] = (),
    ) -> None:
        self._receive, self._draws = receive, draws
        self._stop, self._drawn = threading.Event(), threading.Event()
        self._run = self._iterate(make)
        self.running = True

    def start(self) -> None:
        """Start the thread."""
        keep_triton_out()
        create_worker(
            cast(FunctionType, self._forward),  # any callable will do
            _connect={"yielded": self._deliver, "finished": self._finish},
            _start_thread=True,
            _ignore_errors=True,
        )

    def stop(self) -> None:
        """Ask the job to stop after its next event."""
        self._stop.set()

    def abandon(self) -> None:
        """Stop, and send no more events: whoever received them is gone."""
        self._let_go()
        self._stop.set()

    def _let_go(self) -> Callable[[Event], object]:
        """Forget who receives events, and return it."""
        receive, self._receive = self._receive, lambda event: None
        return receive

    def _forward(self) -> Generator[Event, None, None]:
        yield from self._run

    def _iterate(self, make: Callable[[], Steps[Event]]) -> Generator[Event, None, None]:
        shown = 0.0
        give_way()
        try:
            with only_new_garbage(), closing(make()) as steps:
                for event in steps:
                    if _is_one_of_many(event) and time.monotonic() < shown + STEP_INTERVAL:
                        if self._stop.is_set():
                            yield event
                    else:
                        shown = time.monotonic()
                        self._drawn.clear()
                        yield event
                        if isinstance(event, self._draws):
                            self._drawn.wait(PATIENCE)
                    if self._stop.is_set():
                        return
        except Exception as error:  # every error becomes an event, none is lost
            yield Failed(error)

    def _deliver(self, event: Event) -> None:
        self._receive(event)
        QTimer.singleShot(TURN, self._drawn.set)

    def _finish(self) -> None:
        self._run.close()  # a worker that was told to quit() leaves it suspended
        self.running = False
        receive = self._let_go()  # napari's window keeps the worker, and is kept itself
        receive(Ended(self._stop.is_set()))


def _is_one_of_many(event: Event) -> bool:
    """Whether a later event will tell the same and more."""
    return isinstance(event, Step) and event.progress < 1
