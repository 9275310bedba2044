"""The Refine widget: better classes of a segmentation, or its objects, as a new layer."""

from collections.abc import Sequence
from typing import Any

from napari import Viewer
from napari.layers import Labels, Layer

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import BlockDone, Event, ObjectsFound, Refined
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.form import folded
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.output import written_labels
from napari_fcnseg.gui.overlay import add_labels
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.refine_form import RefineForm
from napari_fcnseg.gui.refine_job import refine_job
from napari_fcnseg.gui.refine_settings import RefineSettings
from napari_fcnseg.images.image import Image


class RefineWidget(DockContent):
    """Refines a Labels layer or probabilities into a new Labels layer.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: tuple[Image, Layer] | None = None  # what is refined, and its layer
        self.settings = RefineSettings()
        self.form = RefineForm(viewer, self.settings)
        self.more = folded("More settings", self.settings)
        self.form.fold.connect(self.more.setVisible)
        self.form.show_rows()
        self.panel = JobPanel("Refine", "Cancel")
        self.panel.started.connect(self.start)
        self.fill([self.form, self.more, self.panel])
        self.let_go(self.panel, self.form.labels, self.form.probabilities, self.form.image)

    def start(self) -> None:
        """Start refining; problems are told as notifications."""
        try:
            found, make = refine_job(self.form, self.settings)
        except FcnsegError as error:
            tell(error)
            return
        layer = self.form.layer
        assert layer is not None
        self._run = found, layer
        self.panel.say(f"refining {layer.name}")
        self.panel.run(make, self._receive)

    def _receive(self, event: Event) -> None:
        match event:
            case BlockDone():
                self.panel.show_progress(event.done / event.blocks)
            case Refined():
                self._show(event, "refined", event.classes)
                self.panel.say(_told(f"refined in {event.elapsed:.1f} s", event))
            case ObjectsFound():
                self._show(event, "objects", ())
                plural = "s" * (event.count != 1)
                about = f"{event.count:,} object{plural} in {event.elapsed:.1f} s"
                self.panel.say(_told(about, event))
            case Ended() if event.stopped and self._run:
                self._run = None
                self.panel.say("cancelled; there is no result")

    def _show(self, event: Refined | ObjectsFound, what: str, classes: Sequence[SegClass]) -> None:
        """Add the result; classes look as in the labels they were made of."""
        if self._run is None:
            return
        (found, source), self._run = self._run, None
        data: Any = event.data if event.path is None else written_labels(event.path)
        look = source if classes and isinstance(source, Labels) else classes
        add_labels(self._viewer, data, f"{source.name} {what}", look, found, source)


def _told(about: str, event: Refined | ObjectsFound) -> str:
    return f"{about}. {event.path}" if event.path else about
