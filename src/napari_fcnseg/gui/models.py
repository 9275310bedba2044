"""The Models widget: what there is, what it is, and what can be done with it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from napari import Viewer
from qtpy.QtCore import QFile
from qtpy.QtWidgets import QFileDialog, QGridLayout, QInputDialog, QPushButton, QWidget

from napari_fcnseg.errors import OutputError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.consent import consents
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.export_dialog import ExportDialog, Wanted
from napari_fcnseg.gui.job import Ended
from napari_fcnseg.gui.model_details import ModelDetails
from napari_fcnseg.gui.model_jobs import (
    Done,
    NeedsCode,
    Work,
    adding,
    checking,
    exporting,
    fetching,
    loading,
    named_zip,
    renaming,
)
from napari_fcnseg.gui.model_list import ModelList
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.models.card import Card

ZOO = (
    "Nickname, DOI or URL of a model, for example affable-shark. It is downloaded from the "
    "internet, once."
)


class ModelsWidget(DockContent):
    """Lists the models that are kept, and uses, tests, imports, exports, renames, deletes them.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.library = own_library()
        self._asks: NeedsCode | None = None
        self.list, self.details = ModelList(self.library), ModelDetails()
        self.panel = JobPanel("Test this model", "Cancel")
        self.panel.start_button.setToolTip(
            "Run its test image through it and compare with the stored result"
        )
        self.use_button = push_button("Use", "Load it, and choose it in Segment", self.use)
        self.rename_button = push_button("Rename ...", "Change its name", self._ask_and_rename)
        self.export_button = push_button(
            "Export ...", "Write a package for ilastik, deepImageJ, QuPath", self._ask_and_export
        )
        self.delete_button = push_button("Delete", "Move its file to the trash", self.delete)
        self.import_button = push_button("Import ...", "Keep a copy of a .zip", self._ask_and_add)
        self.zoo_button = push_button(
            "From the zoo ...", "Download a model of bioimage.io", self._ask_and_fetch
        )
        self._own = [self.use_button, self.rename_button, self.export_button, self.delete_button]
        self._new = [self.import_button, self.zoo_button]
        self.panel.started.connect(self.test)
        self.list.currentItemChanged.connect(self._show_chosen)
        self.list.itemDoubleClicked.connect(self.use)
        self.list.renewed.connect(self._show_chosen)
        session = self._session = trained_models(viewer)
        session.kept.connect(self._follow)
        buttons = _grid([*self._new, *self._own])
        self.fill([self.list, buttons, self.panel, self.details])
        # Not slots of this widget: it has none left when it is destroyed.
        unfollow = partial(session.kept.disconnect, self._follow, missing_ok=True)
        self.at_end(self.list.let_go, self.panel.abandon, lambda *_: unfollow())
        self.list.renew()

    def use(self, _: object = None) -> None:
        """Load the chosen model, and choose it for the next segmentation."""
        if card := self._chosen():
            self._run(loading(card.path))

    def test(self) -> None:
        """Compare what the chosen model gives with its stored test output."""
        if card := self._chosen():
            self._run(checking(card))

    def add(self, paths: Sequence[Path]) -> None:
        """Keep copies of packages."""
        self._run(adding(self.library, paths))

    def fetch(self, source: str) -> None:
        """Download a model and keep it."""
        self._run(fetching(self.library, source))

    def rename(self, card: Card, name: str) -> None:
        """Give a model another name."""
        self._run(renaming(self.library, card, name))

    def export(self, card: Card, path: Path, wanted: Wanted, overwrite: bool = False) -> None:
        """Write a model for others."""
        self._run(exporting(card, path, wanted, overwrite))

    def delete(self) -> None:
        """Move the chosen model to the trash of the desktop."""
        card = self._chosen()
        if card is None:
            return
        if not card.path.exists():
            self.panel.say(f"{card.name} was gone already")
            self.list.renew()
        elif QFile(str(card.path)).moveToTrash():
            self.panel.say(f"{card.name} is in the trash")
            self.list.renew()
        else:
            tell(OutputError(f"{card.path} cannot be moved to the trash: delete the file by hand"))

    def _chosen(self) -> Card | None:
        return None if self.panel.job else self.list.chosen()

    def _run(self, work: Work) -> None:
        if self.panel.job is None:
            self.panel.say("")
            self.panel.run(lambda: Steps(work()), self._receive, counted=False)
            self._enable()

    def _receive(self, event: Event) -> None:
        match event:
            case Done():
                self.panel.say(event.text)
                if event.model:
                    self._session.add(event.model)
                if event.path:
                    self.list.renew(event.path)
            case NeedsCode():
                self._asks = event  # once this job has ended
            case Ended():
                self._enable()
                asks, self._asks = self._asks, None
                if asks and consents(self, asks.danger):
                    self._run(asks.again)
                card = self.list.chosen()
                if card and not card.path.exists():  # by another window, or hand
                    self.list.renew()

    def _enable(self) -> None:
        card, free = self.list.chosen(), self.panel.job is None
        whole = card is not None and not card.problem
        for button in self._new:
            button.setEnabled(free)
        for button in (*self._own, self.panel.start_button):
            button.setEnabled(free and whole)
        self.delete_button.setEnabled(free and card is not None)
        self.export_button.setEnabled(free and card is not None and card.about is not None)

    def _show_chosen(self, *_: object) -> None:
        self._enable()
        self.details.show_card(self.list.chosen())

    def _follow(self, _: Path) -> None:
        self.list.renew()  # what is chosen stays

    def _ask_and_add(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Import models", "", "Models (*.zip)")
        if paths:
            self.add([Path(path) for path in paths])

    def _ask_and_fetch(self) -> None:
        source, said = QInputDialog.getText(self, "A model of bioimage.io", ZOO)
        if said and source.strip():
            self.fetch(source.strip())

    def _ask_and_rename(self) -> None:
        card = self._chosen()
        if card is None:
            return
        name, said = QInputDialog.getText(self, "Rename", "Name", text=card.name)
        if said and name.strip() != card.name:
            self.rename(card, name.strip())

    def _ask_and_export(self) -> None:
        card = self._chosen()
        if card is None or card.about is None:
            return
        dialog = ExportDialog(self, card.name, card.about)
        if not dialog.exec() or dialog.wanted is None:
            return
        path, _ = QFileDialog.getSaveFileName(self, "Export", card.path.name, "Models (*.zip)")
        if path:
            out, asked = named_zip(path)
            self.export(card, out, dialog.wanted, overwrite=asked)


def _grid(buttons: Sequence[QPushButton]) -> QWidget:
    """Two in a row."""
    part = QWidget()
    layout = QGridLayout(part)
    layout.setContentsMargins(0, 0, 0, 0)
    for i, button in enumerate(buttons):
        layout.addWidget(button, i // 2, i % 2)
    return part
