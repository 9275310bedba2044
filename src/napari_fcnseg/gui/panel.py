"""Start, stop, progress and time left of one job; the lower part of each widget."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from napari.utils.notifications import notification_manager, show_error
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.activity import Activity
from napari_fcnseg.gui.job import Ended, Failed, Job

LONG = 1000  # steps of the bar


class JobPanel(QWidget):
    """Runs one job at a time and passes its events on.

    Parameters
    ----------
    start, stop
        Texts of the two buttons.
    title
        Of its jobs in napari's activity dock; by default the text of the start button.

    Attributes
    ----------
    started
        Emitted when the start button is pressed.
    job
        The job that runs, or ``None``.
    """

    started = Signal()

    def __init__(self, start: str, stop: str, title: str = "") -> None:
        super().__init__()
        self.job: Job | None = None
        self._receive: Callable[[Event], object] = lambda event: None
        self._began = self._had = 0.0
        self._shown: tuple[int, str] | None = None
        self._title, self._activity = title or start, Activity(self)
        self.start_button, self.stop_button = QPushButton(start), QPushButton(stop)
        self.stop_button.setEnabled(False)
        self.bar, self.status = QProgressBar(), QLabel()
        self.bar.setRange(0, LONG)
        self.bar.setTextVisible(True)
        self.bar.setFormat("")
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)  # names of models are in it
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self.start_button)
        self._buttons.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        self.start_button.clicked.connect(self.started)
        self.stop_button.clicked.connect(self.stop)

    def add_button(self, button: QPushButton) -> None:
        """Give another button a place between start and stop."""
        self._buttons.insertWidget(1, button)

    def run(
        self,
        make: Callable[[], Steps[Event]],
        receive: Callable[[Event], object],
        counted: bool = True,
        draws: tuple[type[Event], ...] = (),
    ) -> None:
        """Start a job made by `make`; `receive` gets its events in the GUI thread.

        It rests while what it tells by events of the types `draws` is drawn, see `Job`.
        What is not `counted` is one step: it cannot be stopped, the bar swings, and shows in the
        end what it showed before.
        """
        self._receive, self._began, self._had = receive, time.monotonic(), 0.0
        self.start_button.setEnabled(False)
        self.stop_button.setEnabled(counted)
        self._shown = None if counted else (self.bar.value(), self.bar.format())
        self.bar.setRange(0, LONG if counted else 0)
        self.show_progress(0.0)
        if counted:
            self._activity.begin(self._title)
        self.job = Job(make, self._on_event, draws)
        self.job.start()

    def stop(self) -> None:
        """Ask the job to stop; it does so after its next event."""
        if self.job:
            self.say("stopping ...")
            self.job.stop()

    def abandon(self, _: object = None) -> None:
        """Stop the job and forget it: the widget is going away."""
        if self.job:
            self.job.abandon()
            self.job = None
            self._activity.end()

    def say(self, text: str) -> None:
        """Show a line of text under the bar."""
        self.status.setText(text)

    def go_on_from(self, part: float, about: str = "") -> None:
        """Show how much an earlier run has done; the pace is counted from here."""
        self._began, self._had = time.monotonic(), part
        self.show_progress(part, about)

    def show_progress(self, part: float, about: str = "") -> None:
        """Show how much is done, 0 to 1, and the time left at this pace."""
        self.bar.setValue(round(LONG * part))
        spent, done = time.monotonic() - self._began, part - self._had
        known = done > 0.02 * (1 - self._had) and part < 1
        left = f", {minutes(spent * (1 - part) / done)} left" if known else ""
        text = f"{about or f'{part:.0%}'}{left}"
        self.bar.setFormat(text)
        self._activity.show(part, text)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Failed):
            tell(event.error)
            self.say(str(event.error) if isinstance(event.error, FcnsegError) else "failed")
        if isinstance(event, Ended):
            self.job = None
            self._activity.end()
            if self._shown:
                value, text = self._shown
                self.bar.setRange(0, LONG)
                self.bar.setValue(value)
                self.bar.setFormat(text)
            self.start_button.setEnabled(True)
            self.stop_button.setEnabled(False)
        self._receive(event)


def tell(error: Exception) -> None:
    """Show an error as a notification: in plain words, or with its traceback if it is a defect."""
    if isinstance(error, FcnsegError):
        show_error(str(error))
    else:
        notification_manager.receive_error(type(error), error, error.__traceback__)


@contextmanager
def told() -> Iterator[None]:
    """Tell an error that is a person's to mend, and go on behind the block."""
    try:
        yield
    except FcnsegError as error:
        tell(error)


def minutes(seconds: float) -> str:
    """Return a time as minutes and seconds, or hours too."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
