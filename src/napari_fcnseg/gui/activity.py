"""A job in napari's activity dock."""

from collections.abc import Iterator
from contextlib import suppress
from io import StringIO

from napari.utils import progress
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QApplication, QProgressBar

PACE = 300  # milliseconds between two looks; jobs that are shorter do not come up
LONG = 1000  # steps of the bar


class Activity(QObject):
    """Shows how far a job is, and the time left.

    Each time that a bar of napari's moves, napari handles whatever waits: other events of the job,
    a click, the end of the window, all of that in the middle of ours. So it is asked for the bar
    once, by a clock; then Qt's own bar is moved.

    Parameters
    ----------
    parent
        It goes with it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._title, self._about, self._part = "", "", 0.0
        self._bar: progress | None = None
        self._shown: list[QProgressBar] = []  # what napari shows of it
        self._job = 0  # counts them
        self._clock = QTimer(self)
        self._clock.setInterval(PACE)
        self._clock.timeout.connect(self._move)

    def begin(self, title: str) -> None:
        """Begin with a job."""
        self.end()
        self._title, self._about, self._part = title, "", 0.0
        self._clock.start()

    def show(self, part: float, about: str) -> None:
        """Show how much is done, 0 to 1, in words, too."""
        self._part, self._about = part, about

    def end(self) -> None:
        """Take the bar away: the job has ended, however it did."""
        self._clock.stop()
        self._job += 1
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()

    def _move(self) -> None:
        if self._bar is None and not self._bring_up():
            return
        assert self._bar is not None
        self._bar.n = round(LONG * self._part)
        with suppress(RuntimeError):  # a window has gone
            for shown in self._shown:
                shown.setValue(self._bar.n)
        self._bar.events.eta(value=self._about)

    def _bring_up(self) -> bool:
        """Ask napari for a bar; return whether the job is still the same then."""
        self._clock.stop()
        job = self._job
        # A terminal is not written to: the text is for napari.
        bar = progress(total=LONG, desc=self._title, file=StringIO())
        if job != self._job:
            bar.close()
            return False
        self._bar, self._shown = bar, list(_shown(bar))  # searched once: it takes a while
        self._clock.start()
        return True


def _shown(bar: progress) -> Iterator[QProgressBar]:
    """Find what napari shows of a bar, in each window."""
    for window in QApplication.topLevelWidgets():
        for shown in window.findChildren(QProgressBar):
            if getattr(shown.parent(), "progress", None) is bar:
                yield shown
