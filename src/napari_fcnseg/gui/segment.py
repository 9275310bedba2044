"""The Segment widget: a model over a layer, a region or a file."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.errors import FcnsegError, ModelError, UntrustedCodeError
from napari_fcnseg.events import Event, Predicted, PredictionStarted, Steps, TileDone
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.consent import consents
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.methods import Maker
from napari_fcnseg.gui.output import written_labels
from napari_fcnseg.gui.overlay import add_labels
from napari_fcnseg.gui.panel import JobPanel, minutes, tell
from napari_fcnseg.gui.refresh import Refresher
from napari_fcnseg.gui.segment_form import SegmentForm
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.inference.estimate import Estimate, estimate
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.models.library import Library
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model


@dataclass
class Run:
    """What one run works on, and the layer that shows it; the model is made when it starts."""

    make: Maker
    image: Image
    source: ImageLayer | None
    region: Spans | None
    out: Any
    device: str
    model: Model | PlaneMethod | None = None
    shown: Labels | None = None
    refresh: Refresher | None = None
    notes: tuple[str, ...] = ()

    def steps(self) -> Steps[Event]:
        """Return the job."""
        self.model = self.make()
        return predict(
            self.model,
            self.image,
            self.out,
            region=self.region,
            device=self.device,
            resume=_is_unfinished(self.out),
        )


class SegmentWidget(DockContent):
    """Segments a layer, a region of it or a file with a trained model, or a method without one.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: Run | None = None
        self.form = SegmentForm(viewer)
        self.load_button = QPushButton("Load model ...")
        self.load_button.clicked.connect(self._ask_and_load)
        self.cost_button = QPushButton("What will it cost?")
        self.cost_button.setToolTip("Measure one tile; nothing is written")
        self.cost_button.clicked.connect(self.measure)
        self.panel = JobPanel("Segment", "Cancel")
        self.panel.started.connect(self.start)
        self.fill([self.form, self.load_button, self.cost_button, self.panel])
        self.let_go(self.panel, self.form.image, self.form.model, self.form.methods.strokes)

    def start(self) -> None:
        """Start segmenting; problems are told as notifications."""
        run = self._prepare()
        if run is None:
            return
        self._run = run
        self.panel.say(f"segmenting {run.image.name}")
        self.panel.run(run.steps, self._receive)

    def measure(self) -> None:
        """Measure one tile and say what all of them will cost."""
        if self.panel.job:
            tell(FcnsegError("a job is running: wait for it, or cancel it"))
            return
        run = self._prepare(writes=False)
        if run is None:
            return
        self.panel.say(f"measuring a tile of {run.image.name}")
        self.panel.run(
            lambda: Steps(_measured(run)),
            lambda event: self.panel.say(told(event)) if isinstance(event, Estimate) else None,
        )

    def _prepare(self, writes: bool = True) -> Run | None:
        """Gather what is chosen; tell what is wrong with it, if anything."""
        try:
            self.form.check_maker()
            image, source, region = self.form.chosen_image()
            make = self.form.chosen_maker(image)
            shape = tuple(b - a for a, b in region) if region else image.kept_shape
            out = self.form.chosen_output(shape) if writes else None
            device = "auto" if self.form.model.method() else self.form.device.value
            return Run(make, image, source, region, out, device)
        except FcnsegError as error:
            tell(error)
            return None

    def _receive(self, event: Event) -> None:
        run = self._run
        if run is None:
            return
        match event:
            case PredictionStarted():
                assert run.model is not None
                data = list(event.data) if len(event.data) > 1 else event.data[0]
                run.shown = add_labels(
                    self._viewer,
                    data,
                    f"{run.image.name} segmented",
                    run.model.classes,
                    run.image,
                    run.source,
                    event.plan.region,
                )
                run.refresh = Refresher(run.shown)
                done, tiles = event.done, len(event.plan)
                self.panel.go_on_from(done / tiles, f"{done} of {tiles} tiles")
                run.notes = event.notes
                self.panel.say(". ".join([f"segmenting {run.image.name}", *run.notes]))
            case TileDone():
                self.panel.show_progress(
                    event.done / event.tiles, f"{event.done} of {event.tiles} tiles"
                )
                if run.refresh:
                    run.refresh()
            case Predicted():
                self._finish(run, event)
            case Ended():
                if event.stopped:
                    self.panel.say(self._about_stopped(run))
                self._run = None

    def _finish(self, run: Run, event: Predicted) -> None:
        tiles = f"{event.tiles} tile{'s' * (event.tiles > 1)}"
        about = f"{tiles} in {event.elapsed:.1f} s. {event.path or ''}"
        self.panel.say("\n".join([about, *run.notes]))
        if run.shown is None or run.refresh is None:
            return
        if event.path:  # it has its final name now
            run.shown.data = written_labels(event.path)
        run.refresh(now=True)

    @staticmethod
    def _about_stopped(run: Run) -> str:
        if not isinstance(run.out, Path):
            return "cancelled; what was segmented so far is in the layer"
        kept = partial_path(run.out)
        return f"cancelled; what was segmented so far is in {kept}, and Segment goes on with it"

    def _ask_and_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Load model", str(Library().folder), "Models (*.zip)"
        )
        if path:
            self.load(Path(path))

    def load(self, path: Path, trust_code: bool = False) -> None:
        """Load a model from a file and choose it; ask before source code of it is run."""
        try:
            trained_models(self._viewer).add(load_model(path, trust_code=trust_code))
        except UntrustedCodeError as error:
            if consents(self, error.danger):
                self.load(path, trust_code=True)
        except FcnsegError as error:
            tell(error)


def _measured(run: Run) -> Generator[Estimate, None, None]:
    made = run.make()
    if not isinstance(made, Model):
        raise ModelError(
            f"{made.name} has no tiles that could be measured: it labels plane by plane. Segment "
            "the current slice to see how long one takes"
        )
    yield estimate(made, run.image, region=run.region, device=run.device)


def told(cost: Estimate) -> str:
    """Return what a prediction costs, for people."""
    size, halo = " x ".join(map(str, cost.tile)), max(cost.halo)
    taken = f"about {minutes(cost.seconds)}" if cost.seconds >= 1 else "less than a second"
    return (
        f"{cost.tiles} tile{'s' * (cost.tiles > 1)} of {size} px, halo {halo} px: "
        f"{cost.overhead:.2f} times the pixels.\n"
        f"On {cost.device}: {taken}, {cost.memory / 1e6:,.0f} MB of memory, "
        f"{cost.disk / 1e6:,.1f} MB in a file."
    )


def _is_unfinished(out: Any) -> bool:
    return isinstance(out, Path) and partial_path(out).exists()
