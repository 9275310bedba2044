"""The Segment widget: a model over a layer, a region or a file."""

from dataclasses import replace
from pathlib import Path

from napari import Viewer
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_fcnseg.errors import AxesError, FcnsegError
from napari_fcnseg.events import Event, PredictionStarted, Steps
from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.before_run import BeforeRun
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.doors import Doors
from napari_fcnseg.gui.drafts import predict_draft
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.load_button import LoadButton
from napari_fcnseg.gui.panel import JobPanel, tell, told
from napari_fcnseg.gui.resume import resumed
from napari_fcnseg.gui.segment_fixes import apply_fix
from napari_fcnseg.gui.segment_form import SegmentForm
from napari_fcnseg.gui.segment_run import SegmentRun
from napari_fcnseg.gui.segment_task import Ready, Task
from napari_fcnseg.gui.tile_map import TileMap
from napari_fcnseg.gui.unfinished import UnfinishedList
from napari_fcnseg.gui.warm_up import prepare_labels
from napari_fcnseg.inference.begun import Unfinished
from napari_fcnseg.inference.doctor import unclear
from napari_fcnseg.inference.estimate import Estimate
from napari_fcnseg.inference.finding import Fix
from napari_fcnseg.models.model import Model


class SegmentWidget(DockContent):
    """Segments a layer, a region of it or a file with a trained model, or a method without one.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer, self._session = viewer, trained_models(viewer)
        self._run: SegmentRun | None = None
        self._later = False  # other choices were made while a job ran
        Aside(self).ask(prepare_labels)  # while a person chooses
        self.form, self.before, self.map = SegmentForm(viewer), BeforeRun(), TileMap()
        self.unfinished, self.load_button = UnfinishedList(), LoadButton()
        self.cost_button = push_button(
            "What will it cost?", "Measure one tile; nothing is written", self.measure
        )
        self.doors = Doors(lambda: predict_draft(self._task()))
        self.panel = JobPanel("Segment", "Cancel")
        self.doors.said.connect(self.panel.say)
        self.panel.started.connect(self.start)
        self.load_button.loaded.connect(self._take_model)
        self.before.fixed.connect(self._fix)
        self.unfinished.chosen.connect(self.go_on)
        self.form.changed.connect(self._look)
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.load_button)
        row.addWidget(self.cost_button)
        row.addWidget(self.doors)
        self.fill([self.unfinished, self.form, buttons, self.before, self.panel, self.map])
        self.let_go(self.panel, *self.form.followers)
        self.at_end(self.before.drop, self.unfinished.drop, self.doors.abandon)
        self.unfinished.renew()
        self._look()

    def start(self) -> None:
        """Start segmenting; problems are told as notifications."""
        with told():
            self._start(self._task())

    def _task(self) -> Task:
        return replace(self.form.task(), out=self.form.output.chosen_file())

    def go_on(self, found: Unfinished) -> None:
        """Go on with an output that was left unfinished."""
        with told():
            self._start(resumed(found, self.form, self._viewer, self._session))

    def measure(self) -> None:
        """Measure one tile and say what all of them will cost."""
        if self.panel.job:
            tell(FcnsegError("a job is running: wait for it, or cancel it"))
            return
        with told():
            task = self.form.task()
            self.panel.say(f"measuring a tile of {task.name}")
            self.panel.run(lambda: Steps(task.measured()), self._receive)

    def _start(self, task: Task) -> None:
        self._run = SegmentRun(self._viewer, task, self.panel, self.map)
        self._later = not self.before.settled
        self.before.drop()
        self.before.make_room(True)
        self.unfinished.clear()
        self.panel.say(f"opening {task.name}")
        self.panel.run(task.steps, self._receive, draws=(PredictionStarted,))

    def _look(self) -> None:
        """Look ahead at what is chosen; what is missing is no error yet."""
        self._later = self.panel.job is not None
        if self._later:
            return
        try:
            self.before.look(self.form.task())
        except AxesError as error:
            self.before.hint(unclear(error))
        except FcnsegError as error:
            self.before.hint(str(error))

    def _receive(self, event: Event) -> None:
        if isinstance(event, Estimate):
            self.before.show_cost(event)
            self.panel.say("")
        elif isinstance(event, Ready):
            self._take_found(event)
        if self._run:
            self._run.receive(event)
        if isinstance(event, Ended):
            self._end()

    def _end(self) -> None:
        self._run = None
        self.before.make_room(False)
        self.unfinished.renew()
        if self._later:
            self._look()

    def _take_found(self, ready: Ready) -> None:
        """Choose a model that was found in a file."""
        known = any(ready.model is model for model in self._session.models)
        if isinstance(ready.model, Model) and self.form.model.method() is None and not known:
            self._session.add(ready.model)

    def _take_model(self, model: Model, path: Path) -> None:
        self.form.model_files[id(model)] = path
        self._session.add(model)

    def _fix(self, fix: Fix) -> None:
        with told():
            before = self.before
            apply_fix(fix, self.form, self._viewer, self._session, before.task, before.image)
