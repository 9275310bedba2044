"""The Batch widget: a model over many files, one after the other."""

from functools import partial
from pathlib import Path

from napari import Viewer

from napari_fcnseg.batch import segment_queue
from napari_fcnseg.batch_queue import FileQueue
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.events import (
    BatchDone,
    Event,
    FileDone,
    FileFailed,
    FileStarted,
    Note,
    PredictionStarted,
    TileDone,
)
from napari_fcnseg.gui.batch_form import BatchForm
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.file_list import FileList
from napari_fcnseg.gui.file_table import DONE, FAILED, WAITING
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.shown_file import show_file
from napari_fcnseg.images.find import some
from napari_fcnseg.models.model import Model


class BatchWidget(DockContent):
    """Segments files with a trained model; each has its own status, and none stops the rest.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._queue: FileQueue | None = None  # of the job that runs
        self._model: Model | None = None
        self._now: FileStarted | None = None  # the file that is segmented
        self.form, self.files = BatchForm(viewer), FileList()
        self.files.added.connect(self._take_up)
        self.files.removing.connect(self.remove)
        self.files.table.itemDoubleClicked.connect(self.show_chosen)
        self.panel = JobPanel("Segment files", "Cancel")
        self.panel.started.connect(self.start)
        self.fill([self.files, self.form, self.panel, self.files.about])
        self.let_go(self.panel, self.form.model)
        self.at_end(self.files.abandon)

    def start(self) -> None:
        """Start, or go on, with all files of the list; problems are told as notifications."""
        paths = self.files.paths()
        try:
            self._model = self.form.chosen_model()
            self._queue = self.form.chosen_queue(paths)
        except FcnsegError as error:
            tell(error)
            return
        for path in paths:
            self.files.update_row(path, status=WAITING, about="", out=None)
        how = self.form.opening(), self.form.how()
        job = partial(segment_queue, self._model, self._queue, *how)
        self.panel.run(job, self._receive)

    def remove(self) -> None:
        """Take the chosen files out of the list; of a job that runs, those that wait."""
        chosen = [row.path for row in self.files.table.chosen()]
        gone = [path for path in chosen if self._queue is None or self._queue.remove(path)]
        self.files.remove(gone)
        if len(gone) < len(chosen):
            self.panel.say("while a job runs, only files that wait can be removed")

    def show_chosen(self, _: object = None) -> None:
        """Open the chosen file, and its labels if they are whole, as layers."""
        for row in self.files.table.chosen()[:1]:
            labels = row.out if row.status == DONE else None
            classes = self._model.classes if self._model else ()
            try:
                show_file(self._viewer, row.path, labels, self.form.stated_axes(), classes)
            except FcnsegError as error:
                tell(error)

    def _take_up(self, paths: list[Path]) -> None:
        """Let new files wait behind the others of a job that runs."""
        self.form.propose_folder(paths[0])
        try:
            if self._queue is not None:
                self._queue.add(paths)
        except FcnsegError as error:
            self.files.remove(paths)
            tell(error)

    def _receive(self, event: Event) -> None:
        now = self._now
        match event:
            case FileStarted():
                self._now = event
                self.files.update_row(event.path, status="opening", out=event.out)
                self.panel.say(f"segmenting {event.path.name}")
            case Note() if now:
                self.files.add_notes(now.path, event.text)
            case PredictionStarted() if now:
                self._progress(now, event.done / len(event.plan), event.done > 0)
                self.files.add_notes(now.path, *event.notes)
            case TileDone() if now:
                self._progress(now, event.done / event.tiles)
            case FileDone() if now:
                self._progress(now, 1, again=not event.computed)
                self.files.update_row(event.path, status=DONE)
            case FileFailed() if now:
                self._progress(now, 1, again=True)
                self.files.update_row(event.path, status=FAILED, about=str(event.error))
            case BatchDone():
                self._finish(event)
            case Ended():
                self._end(event.stopped)

    def _progress(self, now: FileStarted, part: float, again: bool = False) -> None:
        """Show how much of a file is done, and of all; what earlier runs did tells no pace."""
        self.files.update_row(now.path, status=f"{part:.0%}".replace("%", " %"))
        files = len(self._queue) if self._queue else now.files
        show = self.panel.go_on_from if again else self.panel.show_progress
        show((now.number - 1 + part) / files, f"file {now.number} of {files}")

    def _finish(self, event: BatchDone) -> None:
        self._queue = None  # what is added now waits for another start
        failed, files = event.failed, len(event.rows)
        told = f", {len(failed)} failed" * bool(failed)
        self.panel.say(f"{files - len(failed)} of {files} done in {event.elapsed:.1f} s{told}")
        if failed:
            names = some([row.path.name for row in failed])
            tell(FcnsegError(f"{len(failed)} of {files} failed: {names}. Click on one to read why"))

    def _end(self, stopped: bool) -> None:
        """Let go of the job; a file that it was at can be gone on with."""
        if stopped and self._queue is not None:
            ended = [row for row in self.files.table.rows if row.status in (DONE, FAILED)]
            if (now := self._now) and now.path not in [row.path for row in ended]:
                self.files.update_row(now.path, about="cancelled; what is done is kept")
            done = f"{len(ended)} of {len(self._queue)} files"
            self.panel.say(f"cancelled after {done}. Segment files goes on with the rest")
        self._queue = self._now = None
