"""How a training goes: its curves, its scores on held-out strokes, and how far it is."""

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_fcnseg.events import Event, Fitting, Step, Teaching, TrainingStarted, Validated
from napari_fcnseg.gui.panel import JobPanel
from napari_fcnseg.gui.plot import CurvePlot


class LearningCurve(QWidget):
    """Shows what a training tells of itself, here and in the bar of its panel.

    Parameters
    ----------
    panel
        Of the training.

    Attributes
    ----------
    last
        The last step of a training that runs, or ``None`` before the first.
    """

    def __init__(self, panel: JobPanel) -> None:
        super().__init__()
        self.last: Step | None = None
        self._panel = panel
        self.plot, self.scores = CurvePlot(), QLabel()
        self.scores.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        layout.addWidget(self.scores)

    def begin(self) -> None:
        """Forget the training before."""
        self.last = None
        self.plot.clear()
        self.scores.clear()

    def follow(self, event: Event) -> None:
        """Show what the training tells."""
        match event:
            case TrainingStarted():
                about = f"{event.net}, {event.parameters:,} parameters, on {event.device}"
                self._panel.say(". ".join([about, *event.notes]))
            case Teaching():
                self._panel.show_progress(self._done, f"labels around strokes: {event.part:.0%}")
            case Fitting():
                self._panel.show_progress(event.part, f"labels: {event.part:.0%}")
            case Step():
                self.last = event
                self._panel.show_progress(event.progress)
                self.plot.add_loss(event.progress, event.loss)
            case Validated():
                self.plot.add_iou(self._done, event.mean_iou)
                self.scores.setText(f"IoU on held-out strokes: {_scored(event)}")

    @property
    def _done(self) -> float:
        return self.last.progress if self.last else 0.0


def _scored(event: Validated) -> str:
    """Return scores with their sample sizes, and what the network does not find any more."""
    each = (f"{n} {v:.2f} ({event.pixels[n]:,} px)" for n, v in event.iou.items())
    gone = f". {' and '.join(event.vanished)}: not found at all" * bool(event.vanished)
    return f"{', '.join(each)}{gone}"
