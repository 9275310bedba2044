"""The Train widget: from strokes to a network, with its preview while it learns."""

import threading
from contextlib import suppress
from dataclasses import replace

from napari import Viewer

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import Event, Note, Steps, Trained
from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.doors import RecipeDoors
from napari_fcnseg.gui.drafts import train_draft
from napari_fcnseg.gui.drop import FileDrop
from napari_fcnseg.gui.errands import Errands
from napari_fcnseg.gui.facts import NetFacts
from napari_fcnseg.gui.form import RecipeForm, folded
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.learning_curve import LearningCurve
from napari_fcnseg.gui.live_steps import LiveSteps
from napari_fcnseg.gui.live_tools import LiveTools
from napari_fcnseg.gui.model_jobs import Done, keeping
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.pause_button import PauseButton
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.gui.preview import Preview
from napari_fcnseg.gui.rescue import Rescue
from napari_fcnseg.gui.save_button import SaveButton
from napari_fcnseg.gui.taken_over import TakenOver
from napari_fcnseg.gui.train_form import IN_RECIPE, TrainForm
from napari_fcnseg.gui.versions import Version
from napari_fcnseg.gui.warm_up import warm_up
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.models.model import Model
from napari_fcnseg.scripts.recipe_file import MODEL, SUFFIX
from napari_fcnseg.scripts.train_draft import TrainDraft
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.train import train


class TrainWidget(DockContent):
    """Trains a network on an image layer from what is painted in a Labels layer.

    Parameters
    ----------
    viewer
        napari's viewer.

    Attributes
    ----------
    model
        The model that was trained or restored last, or ``None``.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._session = trained_models(viewer)
        self.model: Model | None = None
        self._unkept: Model | None = None
        self._rescue: Rescue | None = None  # of the last training
        self._done, self._about = False, ""
        self.form = TrainForm(viewer)
        elsewhere = (*IN_RECIPE, "pixel_size")  # the scale of layers is set in napari
        self.settings = RecipeForm(Recipe(), leave_out=elsewhere)
        more = folded("More settings", self.settings)
        self.facts = NetFacts()
        Aside(self).ask(warm_up)  # while a person looks for layers
        self._follow_recipe()
        self.panel = JobPanel("Start", "Stop", "Train")
        self.panel.started.connect(self.start)
        self.curve, self.save_button = LearningCurve(self.panel), SaveButton(self.panel)
        self.errands = Errands(self.panel, self._session, self._receive)
        self.pause_button = PauseButton(self.panel, self.errands.wishes)
        self.tools = LiveTools(viewer, self.form, self.panel, self.errands)
        self.versions = self.tools.versions
        self.versions.restored.connect(self._restore)
        learned = [self.curve, folded("Versions", self.versions), self.save_button]
        self.doors = RecipeDoors(self._draft, self._recipe, self._show)
        self.doors.said.connect(self.panel.say)
        FileDrop(self, (SUFFIX, MODEL)).dropped.connect(self.doors.open)
        settings = [self.form, self.facts, more, self.doors]
        self.fill([*settings, self.panel, self.tools, *learned])
        self._gone = threading.Event()
        self.destroyed.connect(lambda *_, gone=self._gone: gone.set())
        form = self.form
        self.let_go(self.panel, form.image, form.labels, form.start_from)
        self.at_end(self.doors.abandon, TakenOver(self, self._session).drop)
        tools = self.tools
        self.at_end(lambda *_: tools.leave())  # no slot: there is none left when it is destroyed
        self.removed.connect(self.versions.show_together)

    def _follow_recipe(self) -> None:
        """Tell about the network as it is chosen, and again when its options change."""
        form = self.form
        form.net.changed.connect(self.settings.choose_net)
        for widget in (form.start_from, form.net, *self.settings.widgets.values()):
            widget.changed.connect(self._tell_facts)
        self._tell_facts()

    def _tell_facts(self, _: object = None) -> None:
        with suppress(FcnsegError):  # told on Start
            self.facts.show_for(self._recipe())

    def _recipe(self) -> Recipe:
        form = self.form
        recipe = self.settings.recipe(**form.told())
        start = form.start_from.model()
        if start is None or start.recipe is None:
            return recipe
        return replace(recipe, net=start.recipe.net, net_options=start.recipe.net_options)

    def _show(self, recipe: Recipe) -> None:
        """Show another recipe, or raise what is wrong with it and change nothing."""
        self.settings.fill(recipe)
        self.form.fill(recipe)
        self._tell_facts()

    def _draft(self) -> TrainDraft:
        return train_draft(self.form, self._recipe(), self.model)

    def start(self) -> None:
        """Start training on the chosen layers; problems are told as notifications."""
        form = self.form
        try:
            painting = form.chosen()
            recipe = self._recipe()
            data, classes = painting.to_learn(form.objects.value)
        except FcnsegError as error:
            tell(error)
            return
        start, device, unpainted = form.start_from.model(), form.device.value, form.unpainted.value
        image, name = painting.image, f"layer {painting.layer.name!r}"
        stage = self.tools.begin(painting)

        def begin() -> Steps[Event]:
            annotation = open_annotation(data, image, unpainted=unpainted, name=name)
            named = annotation.named(classes)
            job = train(
                image, named, recipe, device=device, name=f"{image.name} model", start=start
            )
            stage.strokes.begin(job)
            return job

        self._done, self._about = False, ""
        self.curve.begin()
        self.panel.say("reading the strokes ...")
        self.pause_button.let_run(True)
        look, wishes = stage.view.look, self.errands.wishes
        rescue = self._rescue = Rescue(own_library(), self._gone.is_set)
        self.panel.run(
            lambda: rescue.watch(LiveSteps(begin, image, look, wishes, device)),
            self._follow,
            draws=(Preview,),
        )

    def _follow(self, event: Event) -> None:
        if isinstance(event, Ended):
            self._end(event.stopped)
        else:
            self._receive(event)

    def _receive(self, event: Event) -> None:
        """Take in what the training, or an errand, has found."""
        for part in (self.curve, self.pause_button, self.tools):
            part.follow(event)
        match event:
            case Note():
                self.panel.say(event.text)
            case Trained():
                self._done = True
                early = ", ended early as scores rose no more" * event.early
                steps = f"{event.steps:,} steps" if self.curve.last else f"{event.elapsed:.1f} s"
                self._take(event.model, f"trained in {steps}{early}")
            case Done() if event.path:
                self.panel.say("; ".join(text for text in (self._about, event.text) if text))
                self._session.kept.emit(event.path)

    def _end(self, stopped: bool) -> None:
        self.pause_button.let_run(False)
        self.tools.end()
        last = self.curve.last
        if last and not self._done:  # stopped, or failed
            said = "stopped" if stopped else f"{self.panel.status.text()}. It failed"
            self._take(last.best(), f"{said} at step {last.step:,}; the best is kept")
        elif stopped and not self._done:
            self.panel.say("stopped before the first step: there is no model of this run")
        self.curve.last = None
        unkept, self._unkept = self._unkept, None
        if unkept and self._rescue:
            self.errands.ask(self._rescue.keeping(unkept))
        self.errands.attend()

    def _take(self, model: Model, about: str) -> None:
        """Take a model that was trained; in the end it is kept where the Models widget finds it."""
        self._unkept = model
        self._choose(model, about)

    def _choose(self, model: Model, about: str) -> None:
        self.model, self._about = model, about
        self._session.add(model)
        self.save_button.offer(model)
        self.panel.say(about)

    def _restore(self, version: Version) -> None:
        self._choose(version.model, f"{version.name} is the model now")
        if not version.kept:
            self.errands.ask(_keeping(version.model))


def _keeping(model: Model) -> Errand:
    """Return what saves a model where the Models widget finds it: nothing trained is lost."""
    return lambda _: keeping(own_library(), model)()
