"""The live loop's buttons: where to paint next, how unsure the network is, what is kept."""

from napari import Viewer
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import Event, Step
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.errands import Errands
from napari_fcnseg.gui.job import Failed
from napari_fcnseg.gui.next_region import NextRegion, Ranked
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.preview import Preview, looking
from napari_fcnseg.gui.stage import Stage
from napari_fcnseg.gui.train_form import TrainForm
from napari_fcnseg.gui.version_box import Seen, VersionBox
from napari_fcnseg.gui.versions import Version, keeping_now


class LiveTools(QWidget):
    """What a person does with a network that learns, beside painting.

    Parameters
    ----------
    viewer
        napari's viewer.
    form
        Has the chosen layers.
    panel
        Says what goes on.
    errands
        Has things done with the network.

    Attributes
    ----------
    versions
        Of the network.
    """

    def __init__(self, viewer: Viewer, form: TrainForm, panel: JobPanel, errands: Errands) -> None:
        super().__init__()
        self._viewer, self._form, self._panel, self._errands = viewer, form, panel, errands
        self._next, self.versions = NextRegion(viewer), VersionBox(viewer)
        self._stage: Stage | None = None
        self._last: Step | None = None
        self._learning = self._busy = False
        self.next_button = push_button(
            "Next region",
            "Go where the network is most unsure: a stroke helps most there",
            self.go_next,
        )
        self.unsure_button = push_button(
            "Uncertainty",
            "Let glow what the network is unsure of, in what is on screen",
            self._show_unsure,
        )
        self.unsure_button.setCheckable(True)
        self.keep_button = push_button(
            "Keep version",
            "Keep the network as it is now: in the list of versions, and in Models",
            self._keep,
        )
        self.keep_button.setEnabled(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.next_button, self.unsure_button, self.keep_button):
            row.addWidget(button)
        self.versions.asked.connect(self._show_versions)

    def begin(self, painting: Painting) -> Stage:
        """Begin with a training; return where it takes place."""
        self.versions.begin()
        self._learning, self._last = True, None
        return self._enter(painting)

    def end(self) -> None:
        """End with the training; layers are followed further, for what comes next."""
        self._learning = self._busy = False
        self.keep_button.setEnabled(False)
        if self._stage:
            self._stage.end()

    def leave(self, _: object = None) -> None:
        """Let go of all layers."""
        if self._stage:
            self._stage.close()
            self._stage = None

    def follow(self, event: Event) -> None:
        """Take in what a training or an errand has found."""
        match event:
            case Step():
                self._last = event
                self.keep_button.setEnabled(self._learning)
            case Version():
                self.versions.add(event)
            case Preview() if self._stage:
                self._stage.show(event)
            case Ranked() if self._stage:
                self._busy = False
                self._arrive(self._stage, self._next.take(event))
            case Seen():
                self.versions.show_seen(event)
            case Failed():
                self._busy = False

    def go_next(self) -> None:
        """Go to the next region; rank them first if that is needed."""
        stage = self._on_stage()
        if stage is None or self._busy:
            return
        model = None if self._learning else self._errands.newest
        strokes = stage.strokes.painted, len(stage.painting.layer.data)
        state = (stage, strokes, model and id(model))
        if about := self._next.go(state, self._learning):
            self._arrive(stage, about)
            return
        self._busy = True
        self._panel.say("looking for where a stroke helps most ...")
        around, device = stage.view.look().spans, self._form.device.value
        self._errands.ask(self._next.ranking(stage.painting, around, state, device))

    def _arrive(self, stage: Stage, about: str) -> None:
        self._panel.say(about)
        if self.unsure_button.isChecked():
            self._look(stage)

    def _show_unsure(self) -> None:
        wanted, stage = self.unsure_button.isChecked(), self._on_stage()
        if stage is None:
            self.unsure_button.setChecked(False)
            return
        stage.ask_unsure(wanted)
        if wanted:
            self._look(stage)

    def _look(self, stage: Stage) -> None:
        """Predict what is on screen with the newest model; a training does that by itself."""
        if not self._learning:
            image, look = stage.painting.image, stage.view.look()
            self._errands.ask(looking(image, look, self._form.device.value))

    def _keep(self) -> None:
        if self._last:
            self._errands.ask(keeping_now(self._last.elapsed))

    def _show_versions(self, beside: bool) -> None:
        if stage := self._on_stage():
            spans, device = stage.view.look().spans, self._form.device.value
            self._errands.ask(self.versions.seeing(stage.painting, spans, beside, device))

    def _on_stage(self) -> Stage | None:
        """Return where the training takes place, or else the layers that are chosen now."""
        if self._learning:
            return self._stage
        try:
            painting = self._form.chosen()
        except FcnsegError as error:
            tell(error)
            return None
        if self._stage and self._stage.is_of(painting):
            return self._stage
        return self._enter(painting)

    def _enter(self, painting: Painting) -> Stage:
        self.leave()
        self._stage = Stage(self._viewer, painting, self.unsure_button.isChecked())
        return self._stage
