"""Questions whose answers take a while; a window goes on meanwhile."""

import atexit
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from qtpy.QtCore import (  # type: ignore[attr-defined]  # qtpy names Signal at run time
    QObject,
    QTimer,
    Signal,
)

from napari_fcnseg.gui.garbage import only_new_garbage
from napari_fcnseg.gui.give_way import give_way
from napari_fcnseg.gui.llvm import keep_triton_out

NAME = "aside"
PATIENCE = 30.0  # seconds that the end of the process waits for answers

Question = Callable[[], object]


class Aside(QObject):
    """Works out one answer at a time in a thread; of questions that wait the last one counts.

    Parameters
    ----------
    parent
        It goes with it.
    rest
        Milliseconds without another question before one is worked out.

    Attributes
    ----------
    answered
        Emitted with the answer to the last question, or with the error it raised.
    """

    answered = Signal(object)
    _found = Signal(object, object)  # carries an answer from its thread to Qt's

    def __init__(self, parent: QObject, rest: int = 0) -> None:
        super().__init__(parent)
        self._wanted: Question | None = None
        self._busy = False
        self._found.connect(self._take)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(rest)
        self._soon.timeout.connect(self._start)

    @property
    def settled(self) -> bool:
        """Whether no question is open."""
        return self._wanted is None

    def ask(self, question: Question) -> None:
        """Have something worked out; what was asked before is of no interest any more."""
        self._wanted = question
        self._soon.start()

    def drop(self, _: object = None) -> None:
        """Ask nothing any more."""
        self._wanted = None
        self._soon.stop()

    def _start(self) -> None:
        if self._busy or self._wanted is None:
            return
        self._busy = True
        keep_triton_out()
        # No worker of napari: closing a window would have to wait for it.
        threading.Thread(target=self._work, args=(self._wanted,), name=NAME, daemon=True).start()

    def _work(self, question: Question) -> None:
        give_way()
        try:
            with only_new_garbage():
                answer = question()
        except Exception as error:  # whoever asked tells it
            answer = error
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._found.emit(question, answer)

    def _take(self, question: Question, answer: object) -> None:
        self._busy = False
        if question is self._wanted:
            self._wanted = None
            self.answered.emit(answer)
        elif self._wanted is not None and not self._soon.isActive():
            self._start()


@atexit.register
def _see_off() -> None:
    """Wait for what is still being worked out: cut off within PyTorch it aborts the process."""
    ends = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(max(0.0, ends - time.monotonic()))
