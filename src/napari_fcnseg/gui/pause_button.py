"""The button that lets a training rest, and go on."""

from qtpy.QtWidgets import QPushButton

from napari_fcnseg.events import Event, Fitting, Step
from napari_fcnseg.gui.live_steps import Resting
from napari_fcnseg.gui.panel import JobPanel
from napari_fcnseg.gui.wishes import Wishes

PAUSE, GO_ON = "Pause", "Continue"
ABOUT = "paused; previews follow the view, and strokes that you add are learned from afterwards"


class PauseButton(QPushButton):
    """Pauses the training of a panel.

    Parameters
    ----------
    panel
        Has room for it beside its own buttons.
    wishes
        Of the training.
    """

    def __init__(self, panel: JobPanel, wishes: Wishes) -> None:
        super().__init__(PAUSE)
        self._panel, self._wishes = panel, wishes
        self._progress, self._said = 0.0, ""
        self.setToolTip("Let the training rest; no time of its budget goes by")
        self.setEnabled(False)
        self.clicked.connect(self._press)
        panel.add_button(self)

    def follow(self, event: Event) -> None:
        """Take note of how far the training is."""
        if isinstance(event, Step):
            self._progress = event.progress
        elif isinstance(event, Fitting):
            self._progress = event.part
        elif isinstance(event, Resting):
            self._panel.show_progress(self._progress, f"paused at {self._progress:.0%}")

    def let_run(self, running: bool) -> None:
        """Begin or end: nothing is paused."""
        self._wishes.held, self._progress = False, 0.0
        self.setText(PAUSE)
        self.setEnabled(running)

    def _press(self) -> None:
        held = self._wishes.held = not self._wishes.held
        self.setText(GO_ON if held else PAUSE)
        if held:
            self._said = self._panel.status.text()
            self._panel.say(ABOUT)
        else:
            self._panel.go_on_from(self._progress)
            self._panel.say(self._said)
