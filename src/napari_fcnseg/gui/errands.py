"""Has things done with the model: between two steps of a training, or in a job of their own."""

from collections.abc import Callable

from napari_fcnseg.errors import ModelError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.choices import TrainedModels
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.wishes import Errand, Wishes
from napari_fcnseg.models.model import Model


class Errands:
    """Passes errands on to the training that runs, or else to the newest model.

    Parameters
    ----------
    panel
        Runs the training, and what is asked for without one.
    session
        Models that were trained or loaded.
    receive
        Gets the events of errands, but for the end of their job.

    Attributes
    ----------
    wishes
        What a training is asked for.
    """

    def __init__(
        self, panel: JobPanel, session: TrainedModels, receive: Callable[[Event], object]
    ) -> None:
        self._panel, self._session, self._receive = panel, session, receive
        self.wishes = Wishes()

    @property
    def newest(self) -> Model | None:
        """The newest model, if there is one."""
        return self._session.models[-1] if self._session.models else None

    def ask(self, errand: Errand) -> None:
        """Have something done as soon as it can be."""
        self.wishes.ask(errand)
        self.attend()

    def attend(self) -> None:
        """Do what is waiting, unless a job runs: a training does it, others come first."""
        if self._panel.job or not self.wishes.waiting:
            return
        model = self.newest
        if model is None:
            self.wishes.forget()
            tell(ModelError("there is no model yet: press Start, or load one in Segment"))
            return
        self._panel.run(
            lambda: Steps(self.wishes.errands(lambda: model)), self._follow, counted=False
        )

    def _follow(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.attend()
        else:
            self._receive(event)
