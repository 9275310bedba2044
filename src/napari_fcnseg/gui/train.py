"""The Train widget: from strokes to a network, with its preview while it learns."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox, FloatSpinBox
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.layers import Points as PointsLayer
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.classes import MAX_ID, SegClass
from napari_fcnseg.annotations.instances import BORDER, INSIDE, Instances
from napari_fcnseg.errors import AnnotationError, FcnsegError, ImageError
from napari_fcnseg.events import (
    Event,
    Fitting,
    Note,
    Step,
    Steps,
    Teaching,
    Trained,
    TrainingStarted,
    Validated,
)
from napari_fcnseg.gui.choices import DEVICES, AxesChoice, LayerChoice, ModelChoice, trained_models
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.facts import NetFacts
from napari_fcnseg.gui.form import RecipeForm, Rows, folded
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.layers import layer_classes, layer_data, layer_image
from napari_fcnseg.gui.live import LiveView
from napari_fcnseg.gui.model_jobs import Done, keeping, named_zip, rescued
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.plot import CurvePlot
from napari_fcnseg.gui.points import layer_points
from napari_fcnseg.gui.preview import Preview, with_previews
from napari_fcnseg.gui.stroke_watch import StrokeWatch
from napari_fcnseg.images.image import Image
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.registry import find_net, list_nets
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.train import train

IDS = [("classes", False), ("objects", True)]
UNPAINTED = [("is not labelled", "ignore"), ("is background", "background")]


class TrainWidget(DockContent):
    """Trains a network on an image layer from what is painted in a Labels layer.

    Parameters
    ----------
    viewer
        napari's viewer.

    Attributes
    ----------
    model
        The model that was trained last, or ``None``.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.model: Model | None = None
        self._unkept: Model | None = None
        self._live: LiveView | None = None
        self._watch: StrokeWatch | None = None
        self._last: Step | None = None
        self._done = False
        self.form = self._make_form()
        # Steps are for scripts; the scale of layers is set in napari.
        elsewhere = ("net", "minutes", "steps", "pixel_size")
        self.settings = RecipeForm(Recipe(), leave_out=elsewhere)
        more = folded("More settings", self.settings)
        self.facts = NetFacts()
        self._follow_recipe()
        self.panel, self.plot, self.scores = JobPanel("Start", "Stop"), CurvePlot(), QLabel()
        self.panel.started.connect(self.start)
        self.scores.setWordWrap(True)
        self.save_button = QPushButton("Save model ...")
        self.save_button.setEnabled(False)
        self.save_button.clicked.connect(self._ask_and_save)
        self.fill(
            [self.form, self.facts, more, self.panel, self.plot, self.scores, self.save_button]
        )
        self._gone = threading.Event()
        self.destroyed.connect(lambda *_, gone=self._gone: gone.set())
        self.let_go(self.panel, self.image, self.labels, self.start_from)

    def _make_form(self) -> Rows:
        recipe = Recipe()
        self.image = LayerChoice(self._viewer, ImageLayer, "image", "What to segment")
        self.axes = AxesChoice(self.image)
        self.labels = LayerChoice(
            self._viewer,
            (Labels, PointsLayer),
            "strokes",
            "Labels layer with strokes, one id for each class; or Points layer with a feature "
            "'class', or a colour for each class",
            painted=True,
        )
        self.objects = ComboBox(
            label="ids are",
            choices=IDS,
            tooltip="Whether an id is that of a class, or each object has its own; then insides "
            "and borders are learned",
        )
        self.unpainted = ComboBox(
            label="unpainted",
            choices=UNPAINTED,
            tooltip="Strokes leave most pixels unlabelled; in dense labels 0 may be background",
        )
        self.start_from = ModelChoice(trained_models(self._viewer), to_start_from=True)
        self.net = ComboBox(label="network", choices=list_nets(), value=recipe.net)
        self.minutes = FloatSpinBox(
            label="minutes", value=recipe.minutes, min=0.05, max=10_000, step=0.5
        )
        self.minutes.tooltip = "How long to train; the learning rate falls over this time"
        self.device = ComboBox(label="device", choices=DEVICES, tooltip="Where to compute")
        layers = [self.image, self.axes, self.labels, self.objects, self.unpainted]
        return Rows([*layers, self.start_from, self.net, self.minutes, self.device])

    def _show_rows(self, _: object = None) -> None:
        """Hide what does not matter to a classifier that learns all labels at once."""
        start = self.start_from.model()
        of_steps = not find_net(self.net.value).fitted or start is not None
        self.form.show_row(self.minutes, of_steps)
        self.form.show_row(self.device, of_steps)

    def _follow_recipe(self) -> None:
        """Tell about the network as it is chosen, and again when its options change."""
        self.net.changed.connect(self.settings.choose_net)
        for choice in (self.net, self.start_from):
            choice.changed.connect(self._show_rows)
        for widget in (self.start_from, self.net, *self.settings.widgets.values()):
            widget.changed.connect(self._tell_facts)
        self._tell_facts()

    def _tell_facts(self, _: object = None) -> None:
        with suppress(FcnsegError):  # told on Start
            self.facts.show_for(self._recipe())

    def _recipe(self) -> Recipe:
        recipe = self.settings.recipe(net=self.net.value, minutes=self.minutes.value)
        start = self.start_from.model()
        if start is None or start.recipe is None:
            return recipe
        return replace(recipe, net=start.recipe.net, net_options=start.recipe.net_options)

    def start(self) -> None:
        """Start training on the chosen layers; problems are told as notifications."""
        try:
            source, painted = self._chosen_layers()
            image = layer_image(source, self.axes.axes())
            recipe = self._recipe()
            data, classes = _labels_and_classes(painted, source, image, self.objects.value)
        except FcnsegError as error:
            tell(error)
            return
        start = self.start_from.model()
        unpainted, device, name = self.unpainted.value, self.device.value, f"layer {painted.name!r}"

        gone = self._gone.is_set
        live = self._live = LiveView(self._viewer, source, image, painted)
        watch = self._watch = StrokeWatch(painted, live.spans)

        def begin() -> Steps[Event]:
            annotation = open_annotation(data, image, unpainted=unpainted, name=name)
            named = annotation.named(classes)
            watch.job = train(
                image, named, recipe, device=device, name=f"{image.name} model", start=start
            )
            return watch.job

        self._last, self._done = None, False
        self.plot.clear()
        self.scores.clear()
        self.panel.say("reading the strokes ...")
        self.panel.run(
            lambda: rescued(with_previews(begin, image, live.spans, device), Library(), gone),
            self._receive,
        )

    def _chosen_layers(self) -> tuple[ImageLayer, Labels | PointsLayer]:
        if self.image.value is None:
            raise ImageError("there is no image layer: open an image, or File > Open Sample")
        if self.labels.value is None:
            raise AnnotationError(
                "there is no Labels layer: add one with the button over the layer list, and paint "
                "some strokes of each class"
            )
        return self.image.value, self.labels.value

    def _receive(self, event: Event) -> None:
        match event:
            case TrainingStarted():
                about = f"{event.net}, {event.parameters:,} parameters, on {event.device}"
                self.panel.say(". ".join([about, *event.notes]))
            case Teaching():
                progress = self._last.progress if self._last else 0.0
                self.panel.show_progress(progress, f"labels around strokes: {event.part:.0%}")
            case Fitting():
                self.panel.show_progress(event.part, f"labels: {event.part:.0%}")
            case Step():
                self._last = event
                self.panel.show_progress(event.progress)
                self.plot.add_loss(event.progress, event.loss)
            case Validated():
                self.plot.add_iou(self._last.progress if self._last else 0.0, event.mean_iou)
                each = (f"{n} {v:.2f} ({event.pixels[n]:,} px)" for n, v in event.iou.items())
                gone = f". {' and '.join(event.vanished)}: not found at all" * bool(event.vanished)
                self.scores.setText(f"IoU on held-out strokes: {', '.join(each)}{gone}")
            case Preview() if self._live:
                self._live.show(event)
            case Note():
                self.panel.say(event.text)
            case Trained():
                self._done = True
                early = ", ended early as scores rose no more" * event.early
                steps = f"{event.steps:,} steps" if self._last else f"{event.elapsed:.1f} s"
                self._keep(event.model, f"trained in {steps}{early}")
            case Ended():
                self._end(event.stopped)
                if self._unkept:
                    self._keep_file(self._unkept)

    def _end(self, stopped: bool) -> None:
        if self._live:
            self._live.close()
            self._live = None
        if self._watch:
            self._watch.close()
            self._watch = None
        if self._last and not self._done:  # stopped, or failed
            said = "stopped" if stopped else f"{self.panel.status.text()}. It failed"
            self._keep(self._last.best(), f"{said} at step {self._last.step:,}; the best is kept")
        elif stopped:
            self.panel.say("stopped before the first step: there is no model of this run")
        self._last = None

    def _keep(self, model: Model, about: str) -> None:
        self.model = self._unkept = model
        trained_models(self._viewer).add(model)
        self.save_button.setEnabled(True)
        self.panel.say(about)

    def _keep_file(self, model: Model) -> None:
        """Save a model where the Models widget finds it: nothing that was trained is lost."""
        self._unkept, about = None, self.panel.status.text()

        def receive(event: Event) -> None:
            if isinstance(event, Done) and event.path:
                self.panel.say(f"{about}; {event.text}")
                trained_models(self._viewer).kept.emit(event.path)

        self.panel.run(lambda: Steps(keeping(Library(), model)()), receive, counted=False)

    def _ask_and_save(self) -> None:
        start = f"{self.model.name if self.model else 'model'}.zip"
        path, _ = QFileDialog.getSaveFileName(self, "Save model", start, "Models (*.zip)")
        if path:
            out, asked = named_zip(path)
            self.save(out, overwrite=asked)

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Save the model that was trained last."""
        if self.model is None:
            return
        try:
            saved = self.model.save(path, overwrite=overwrite)
        except FcnsegError as error:
            tell(error)
        else:
            self.panel.say(f"saved {saved}")


def _labels_and_classes(
    painted: Labels | PointsLayer, source: ImageLayer, image: Image, objects: bool
) -> tuple[Any, Sequence[SegClass]]:
    """Return what `open_annotation` takes, and the classes as the layer shows them."""
    if objects:
        if isinstance(painted, Labels):
            return Instances(layer_data(painted)), (INSIDE, BORDER)
        raise AnnotationError(
            f"the layer {painted.name} has points, which have no border: take a Labels layer in "
            "which each object has its own id, or say that ids are classes"
        )
    if isinstance(painted, Labels):
        return layer_data(painted), layer_classes(painted, range(1, MAX_ID + 1))
    points = layer_points(painted, source, image)
    return points, points.classes
