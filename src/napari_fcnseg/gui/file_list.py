"""The files of a batch: added by dialogs, patterns and drops; sought in a thread."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.file_table import FileTable
from napari_fcnseg.gui.job import Ended, Failed, Job
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.images.find import Found, find_images
from napari_fcnseg.images.slices import PICTURES
from napari_fcnseg.images.tiff import SUFFIXES as TIFF

KINDS = f"Images ({' '.join(f'*{suffix}' for suffix in TIFF + PICTURES)});;All files (*)"


@dataclass(frozen=True)
class FilesFound(Event):
    """The end of a search for images."""

    found: Found


class FileList(QWidget):
    """A table of files, and what adds to it.

    Attributes
    ----------
    about
        All that is known of the chosen file; who shows the list has a place for it.
    added
        Emitted with the paths of files that are new in the table.
    removing
        Emitted when the chosen rows are to go.
    """

    added = Signal(list)
    removing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[Job] = []
        self.table, self.about = FileTable(), QLabel()
        self.table.dropped.connect(self.seek)
        self.table.itemSelectionChanged.connect(self.show_chosen)
        self.about.setWordWrap(True)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.files_button = push_button(
            "Add files ...", "Images: TIFF, PNG, JPEG, BMP", self._ask_files
        )
        self.folder_button = push_button(
            "Add folder ...",
            "All images right in a folder; or a Zarr, which is one",
            self._ask_folder,
        )
        self.remove_button = push_button(
            "Remove", "Take the chosen files out of the list; while a job runs, those that wait",
            self.removing.emit,
        )  # fmt: skip
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText("or a pattern and Enter: /data/**/*.tif")
        self.pattern.setToolTip("* is any part of a name, ** any folders; Enter adds what fits")
        self.pattern.returnPressed.connect(self._seek_pattern)
        buttons = QHBoxLayout()
        for button in (self.files_button, self.folder_button, self.remove_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.pattern)
        layout.addWidget(self.table)

    def seek(self, sources: Sequence[str | Path]) -> None:
        """Look for images in paths, folders and globs, and add them."""
        job = Job(lambda: Steps(_seeking(sources)), lambda event: self._receive(job, event))
        self._jobs.append(job)
        job.start()

    def abandon(self, _: object = None) -> None:
        """Forget all searches: the widget is going away."""
        for job in self._jobs:
            job.abandon()

    def paths(self) -> list[Path]:
        """Return all files."""
        return [row.path for row in self.table.rows]

    def update_row(self, path: Path, **changes: str | Path | None) -> None:
        """Change what is known of a file, and show it."""
        self.table.update_row(path, **changes)
        self.show_chosen()

    def add_notes(self, path: Path, *notes: str) -> None:
        """Say more of a file."""
        told = (self.table.row_of(path).about, *notes)
        self.update_row(path, about=". ".join(filter(None, told)))

    def remove(self, paths: Sequence[Path]) -> None:
        """Take files out of the table."""
        for path in paths:
            self.table.remove(path)
        self.show_chosen()

    def show_chosen(self) -> None:
        """Say all that is known of the chosen file."""
        chosen = self.table.chosen()
        self.about.setText(chosen[0].told() if len(chosen) == 1 else "")

    def _receive(self, job: Job, event: Event) -> None:
        match event:
            case FilesFound():
                self._add(event.found)
            case Failed():
                tell(event.error)
            case Ended():
                self._jobs.remove(job)

    def _add(self, found: Found) -> None:
        there = {row.path.resolve() for row in self.table.rows}
        new = [path for path in found.images if path.resolve() not in there]
        for path in new:
            self.table.add(path)
        self.about.setText("\n".join(found.notes))
        if new:
            self.added.emit(new)

    def _seek_pattern(self) -> None:
        if text := self.pattern.text().strip():
            self.seek([Path(text).expanduser()])
            self.pattern.clear()

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Add files", "", KINDS)
        if names:
            self.seek(names)

    def _ask_folder(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, "Add folder"):
            self.seek([name])


def _seeking(sources: Sequence[str | Path]) -> Generator[Event, None, None]:
    yield FilesFound(find_images(sources))
