"""The Segment widget: a model over a layer, a region or a file."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.errors import FcnsegError, ImageError, ModelError, OutputError
from napari_fcnseg.events import Event, Predicted, PredictionStarted, Steps, TileDone
from napari_fcnseg.gui.choices import DEVICES, AxesChoice, LayerChoice, ModelChoice, trained_models
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.layers import add_labels, layer_image
from napari_fcnseg.gui.panel import JobPanel, minutes, tell
from napari_fcnseg.gui.refresh import Refresher
from napari_fcnseg.gui.region import REGIONS, chosen_region
from napari_fcnseg.images.axes import READINGS
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.output import open_levels, partial_path
from napari_fcnseg.images.tiff import TiffArray
from napari_fcnseg.inference.estimate import Estimate, estimate
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model

INPUTS = [("a layer", "layer"), ("a file", "file"), ("a folder or Zarr", "folder")]
OUTPUTS = [("a new layer", "layer"), ("a file", "file")]
FROM_FILE = "from the file"
MOST_IN_MEMORY = 2**32
CHUNK = 1024  # of what is shown of a TIFF


@dataclass
class Run:
    """What one run works on, and the layer that shows it."""

    model: Model
    image: Image
    source: ImageLayer | None
    region: Spans | None
    out: Any
    shown: Labels | None = None
    refresh: Refresher | None = None


class SegmentWidget(DockContent):
    """Segments a layer, a region of it or a file with a trained model.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: Run | None = None
        self.form = self._make_form()
        self.load_button = QPushButton("Load model ...")
        self.load_button.clicked.connect(self._ask_and_load)
        self.cost_button = QPushButton("What will it cost?")
        self.cost_button.setToolTip("Measure one tile; nothing is written")
        self.cost_button.clicked.connect(self.measure)
        self.panel = JobPanel("Segment", "Cancel")
        self.panel.started.connect(self.start)
        self.fill([self.form, self.load_button, self.cost_button, self.panel])
        self._show_rows()
        self.removed.connect(self.panel.stop)
        self.destroyed.connect(self.panel.abandon)
        for choice in (self.image, self.model):
            self.removed.connect(choice.unfollow)
            self.destroyed.connect(choice.unfollow)

    def _make_form(self) -> Rows:
        self.model = ModelChoice(trained_models(self._viewer))
        self.input = ComboBox(label="input", choices=INPUTS, tooltip="What to segment")
        self.image = LayerChoice(self._viewer, ImageLayer, "image", "Image layer to segment")
        self.axes = AxesChoice(self.image)
        self.region = ComboBox(
            label="region", choices=REGIONS, tooltip="Which part of the layer to segment"
        )
        self.file = FileEdit(label="file", mode=FileDialogMode.EXISTING_FILE)
        self.folder = FileEdit(label="folder", mode=FileDialogMode.EXISTING_DIRECTORY)
        self.file_axes = ComboBox(
            label="axes", choices=[FROM_FILE, *READINGS], tooltip="Needed where the file is silent"
        )
        self.output = ComboBox(label="output", choices=OUTPUTS, tooltip="Where the labels go")
        self.path = FileEdit(
            label="write to",
            mode=FileDialogMode.OPTIONAL_FILE,
            filter="*.ome.zarr *.ome.tif",
            tooltip="A name that ends in .ome.zarr (with a pyramid) or .ome.tif",
        )
        self.device = ComboBox(label="device", choices=DEVICES, tooltip="Where to compute")
        self.input.changed.connect(self._show_rows)
        self.output.changed.connect(self._show_rows)
        layer_rows, file_rows = (self.image, self.axes, self.region), (self.file, self.folder)
        source = [self.input, *layer_rows, *file_rows, self.file_axes]
        return Rows([self.model, *source, self.output, self.path, self.device])

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that belong to the choices."""
        kind, rows = self.input.value, self.form
        for row in (self.image, self.axes, self.region):
            rows.show_row(row, kind == "layer")
        rows.show_row(self.file, kind == "file")
        rows.show_row(self.folder, kind == "folder")
        rows.show_row(self.file_axes, kind != "layer")
        rows.show_row(self.path, self.output.value == "file")

    def start(self) -> None:
        """Start segmenting; problems are told as notifications."""
        try:
            run = self._prepare()
        except FcnsegError as error:
            tell(error)
            return
        self._run = run
        device = self.device.value
        self.panel.say(f"segmenting {run.image.name}")
        self.panel.run(
            lambda: predict(
                run.model,
                run.image,
                run.out,
                region=run.region,
                device=device,
                resume=_is_unfinished(run.out),
            ),
            self._receive,
        )

    def measure(self) -> None:
        """Measure one tile and say what all of them will cost."""
        if self.panel.job:
            tell(FcnsegError("a job is running: wait for it, or cancel it"))
            return
        try:
            run = self._prepare()
        except FcnsegError as error:
            tell(error)
            return
        device = self.device.value
        self.panel.say(f"measuring a tile of {run.image.name}")
        self.panel.run(
            lambda: Steps(_measured(run, device)),
            lambda event: self.panel.say(told(event)) if isinstance(event, Estimate) else None,
        )

    def _prepare(self) -> Run:
        model = self.model.model()
        if model is None:
            raise ModelError("there is no model yet: train one, or load one from a file")
        source = self.image.value if self.input.value == "layer" else None
        image, region = self._open(), None
        if source is not None:
            region = chosen_region(self.region.value, self._viewer, source, image)
        shape = tuple(b - a for a, b in region) if region else image.kept_shape
        return Run(model, image, source, region, self._output(shape))

    def _open(self) -> Image:
        if self.input.value != "layer":
            path = _path(self.file if self.input.value == "file" else self.folder)
            if path is None:
                raise ImageError(f"which {self.input.value}? Choose it in the row under 'input'")
            stated = self.file_axes.value
            return open_image(path, axes=None if stated == FROM_FILE else stated)
        if self.image.value is None:
            raise ImageError("there is no image layer: open an image, or choose a file as input")
        return layer_image(self.image.value, self.axes.axes())

    def _output(self, shape: tuple[int, ...]) -> Any:
        if self.output.value == "file":
            path = _path(self.path)
            if path is None:
                raise OutputError("choose the file that the labels go to, under 'write to'")
            return path
        if np.prod(shape, dtype=float) > MOST_IN_MEMORY:
            raise OutputError(
                f"the labels of {' x '.join(map(str, shape))} pixels are too large for memory: "
                "choose a file as output"
            )
        return np.zeros(shape, np.uint8)

    def _receive(self, event: Event) -> None:
        run = self._run
        if run is None:
            return
        match event:
            case PredictionStarted():
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
        self.panel.say(f"{event.tiles} tiles in {event.elapsed:.1f} s. {event.path or ''}")
        if run.shown is None or run.refresh is None:
            return
        if event.path:  # it has its final name now
            levels = [_array(level) for level in open_levels(event.path)]
            run.shown.data = levels if len(levels) > 1 else levels[0]
        run.refresh(now=True)

    @staticmethod
    def _about_stopped(run: Run) -> str:
        if not isinstance(run.out, Path):
            return "cancelled; what was segmented so far is in the layer"
        kept = partial_path(run.out)
        return f"cancelled; what was segmented so far is in {kept}, and Segment goes on with it"

    def _ask_and_load(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Load model", "", "Models (*.zip)")
        if path:
            self.load(Path(path))

    def load(self, path: Path) -> None:
        """Load a model from a file and choose it."""
        try:
            trained_models(self._viewer).add(load_model(path))
        except FcnsegError as error:
            tell(error)


def _measured(run: Run, device: str) -> Generator[Estimate, None, None]:
    yield estimate(run.model, run.image, region=run.region, device=device)


def told(cost: Estimate) -> str:
    """Return what a prediction costs, for people."""
    return (
        f"{cost.tiles} tile{'s' * (cost.tiles > 1)} of {' x '.join(map(str, cost.tile))} px, halo "
        f"{max(cost.halo)} px: {cost.overhead:.2f} times the pixels. About {minutes(cost.seconds)} "
        f"on {cost.device}, {cost.memory / 1e6:,.0f} MB of memory, {cost.disk / 1e6:,.1f} MB in a "
        "file"
    )


def _array(level: Any) -> Any:
    """Return what napari takes; of a reader of ours, a dask array that reads what is shown."""
    if not isinstance(level, TiffArray):
        return level
    chunks = (1,) * (len(level.shape) - 2) + (CHUNK, CHUNK)
    return da.from_array(level, chunks=chunks, name=False)


def _is_unfinished(out: Any) -> bool:
    return isinstance(out, Path) and partial_path(out).exists()


def _path(edit: FileEdit) -> Path | None:
    """Path that was chosen, if any."""
    return edit.value if isinstance(edit.value, Path) and edit.value != Path() else None
