"""A training, and what a person wants of its network in between: all in one thread."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from napari_fcnseg.events import Event, Step, Steps, Trained, Validated
from napari_fcnseg.gui.preview import Look, make_preview
from napari_fcnseg.gui.versions import VERSIONS, Version
from napari_fcnseg.gui.wishes import Wishes
from napari_fcnseg.images.image import Image
from napari_fcnseg.models.model import Model

INTERVAL = 2.0  # seconds between two previews of one slice
SHARE = 0.25  # of the time at most


@dataclass(frozen=True)
class Resting(Event):
    """The training rests, and no time of its budget goes by."""


class LiveSteps(Steps[Event]):
    """A training with previews of what is looked at, pauses, errands and versions.

    None of them takes time of the training's budget, which runs only within its own steps.

    Parameters
    ----------
    start
        Starts the training.
    image
        What is looked at.
    look
        Tells what of it, from any thread.
    wishes
        Pauses and errands.
    device
        Where previews are computed.
    """

    def __init__(
        self,
        start: Callable[[], Steps[Event]],
        image: Image,
        look: Callable[[], Look],
        wishes: Wishes,
        device: str,
    ) -> None:
        self._start, self._image, self._look = start, image, look
        self._wishes, self._device = wishes, device
        self._model: Callable[[], Model] | None = None
        self._step: Step | None = None
        self._shown: Look | None = None
        self._fresh = False  # the network has learned since the last preview
        self._due = time.monotonic() + INTERVAL
        self._versions = 0
        super().__init__(self._live())

    def _live(self) -> Generator[Event, None, None]:
        with closing(self._start()) as steps:
            for event in steps:
                yield event
                yield from self._notice(event)
                yield from self._attend()
                while self._wishes.held and not isinstance(event, Trained):
                    yield Resting()
                    self._wishes.rest()
                    yield from self._attend()

    def _notice(self, event: Event) -> Generator[Event, None, None]:
        """Take note of the network as it is now; keep a version of it now and then."""
        if isinstance(event, Step):
            self._model, self._step, self._fresh = event.model, event, True
            if event.progress * VERSIONS >= self._versions + 1:
                self._versions = int(event.progress * VERSIONS)
                yield Version.of(event, event.model())
        elif isinstance(event, Validated) and self._step:
            yield Version.of(self._step, self._step.model(), event)
        elif isinstance(event, Trained):
            self._model = partial(getattr, event, "model")
            yield make_preview(event.model, self._image, self._look(), self._device, final=True)
            self._fresh, self._shown = False, self._look()

    def _attend(self) -> Generator[Event, None, None]:
        """Do what a person waits for; what comes on screen meanwhile is seen first."""
        if self._model is None:
            return
        yield from self._preview(self._model)
        for event in self._wishes.errands(self._model):
            yield event
            yield from self._preview(self._model)

    def _preview(self, model: Callable[[], Model]) -> Generator[Event, None, None]:
        look, began = self._look(), time.monotonic()
        if look == self._shown and not (self._fresh and began >= self._due):
            return
        if self._shown is None and began < self._due:  # a network that knows nothing yet
            return
        self._shown, self._fresh = look, False
        yield make_preview(model(), self._image, look, self._device)
        self._due = time.monotonic() + max(INTERVAL, (time.monotonic() - began) / SHARE)
