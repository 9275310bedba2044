"""What a person wants of a training while it runs: that it rests, or does something in between."""

import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue

from napari_fcnseg.events import Event
from napari_fcnseg.gui.job import Failed
from napari_fcnseg.models.model import Model

BEAT = 0.1  # seconds; a training that rests looks so often whether it is to stop

Errand = Callable[[Model], Iterator[Event]]  # done in the training's thread, with its model


class Wishes:
    """Said in the GUI thread, heard in the thread of the training, between two of its events."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._errands: SimpleQueue[Errand] = SimpleQueue()

    @property
    def held(self) -> bool:
        """Whether the training is to rest."""
        return not self._free.is_set()

    @held.setter
    def held(self, held: bool) -> None:
        if held:
            self._free.clear()
        else:
            self._free.set()

    @property
    def waiting(self) -> bool:
        """Whether there are errands that nobody has begun."""
        return not self._errands.empty()

    def rest(self) -> None:
        """Sleep for a moment, or until the training is to go on."""
        self._free.wait(BEAT)

    def ask(self, errand: Errand) -> None:
        """Have something done as soon as it can be."""
        self._errands.put(errand)

    def errands(self, model: Callable[[], Model]) -> Generator[Event, None, None]:
        """Do what was asked for; each errand is given the model of its moment."""
        while self.waiting:
            errand = self._errands.get()
            try:
                yield from errand(model())
            except Exception as error:  # it is told, and the training goes on
                yield Failed(error)

    def forget(self) -> None:
        """Do nothing of what was asked for."""
        while self.waiting:
            self._errands.get()
