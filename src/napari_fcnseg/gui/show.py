"""The Show widget: portraits of a class, and bands of its probability, slice by slice."""

from napari import Viewer
from qtpy.QtCore import QTimer

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import BlockDone, Event
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.job import Ended, Failed
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.picture import Picture, Pictured
from napari_fcnseg.gui.show_form import ShowForm
from napari_fcnseg.gui.view_watch import ViewWatch
from napari_fcnseg.images.grid import Spans

PAUSE = 150  # milliseconds that the view rests before a picture of it is made


class ShowWidget(DockContent):
    """Shows the slice that is looked at in another way, and follows to the next one.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._picture: Picture | None = None
        self._shown: Spans | None = None
        self._again = False  # the job was stopped as the view had moved
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(PAUSE)
        self._rest.timeout.connect(self._look)
        self.form = ShowForm(viewer)
        self.panel = JobPanel("Show", "Stop")
        self.panel.started.connect(self.start)
        self.fill([self.form, self.panel])
        self._watch = ViewWatch(viewer, self._follow)
        form = self.form
        self.let_go(self.panel, self._watch, form.image, form.labels, form.probabilities)
        self.removed.connect(self._forget)

    def start(self) -> None:
        """Start showing; problems are told as notifications."""
        try:
            picture = self.form.chosen()
        except FcnsegError as error:
            tell(error)
            return
        before, self._picture, self._shown = self._picture, picture, None
        if before and type(before) is type(picture) and before.sources == picture.sources:
            picture.layer = before.layer if before.layer in self._viewer.layers else None
        self._look()

    def _follow(self, _: object = None) -> None:
        if self._picture and self.form.follow.value:
            self._rest.start()

    def _forget(self) -> None:
        self._picture = None

    def _look(self) -> None:
        """Make a picture of what is looked at, unless it is there or somebody removed a layer."""
        picture, layers = self._picture, self._viewer.layers
        if picture is None:
            return
        needed = picture.sources if picture.layer is None else (*picture.sources, picture.layer)
        if not all(layer in layers for layer in needed):
            self._forget()
            return
        spans = picture.spans()
        if spans == self._shown:
            return
        if self.panel.job:
            self._again = True
            self.panel.stop()
            return
        self._shown = spans
        self.panel.run(lambda: picture.steps(spans), self._receive)

    def _receive(self, event: Event) -> None:
        match event:
            case BlockDone():
                self.panel.show_progress(event.done / event.blocks)
            case Pictured() if self._picture and not self._again:
                self._picture.show(event)
                self.panel.show_progress(1.0)
                self.panel.say(event.note)
            case Failed():
                self._forget()
            case Ended():
                again, self._again = self._again, False
                if again:
                    self._look()
                elif event.stopped:
                    self._forget()
                    self.panel.say("stopped")
