"""Versions of the network: a table, and what can be done with those that are chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from napari import Viewer
from napari.layers import Layer
from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_fcnseg.events import Event
from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.preview import Look, Preview, make_preview
from napari_fcnseg.gui.preview_layers import PreviewLayers
from napari_fcnseg.gui.side_by_side import SideBySide
from napari_fcnseg.gui.version_table import VersionTable
from napari_fcnseg.gui.versions import Version, Versions
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.models.model import Model


@dataclass(frozen=True)
class Seen(Event):
    """What versions see of a part of an image; whether to show that side by side."""

    painting: Painting
    found: Sequence[tuple[Version, Preview]]
    beside: bool


class VersionBox(QWidget):
    """Lists versions, and shows over the image what they see.

    Parameters
    ----------
    viewer
        napari's viewer.

    Attributes
    ----------
    asked
        Emitted when chosen versions are to be shown; with whether side by side.
    restored
        Emitted with the version that is to be the model.
    """

    asked = Signal(bool)
    restored = Signal(object)

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.versions, self.table = Versions(), VersionTable()
        self._beside = SideBySide(viewer)
        self.show_button = push_button(
            "Show", "Predict what is on screen, each version in a layer", self._ask_to_show
        )
        self.beside_button = push_button(
            "Side by side",
            "Show what two or more versions see of what is on screen beside each other",
            self._ask_beside,
        )
        self.beside_button.setCheckable(True)
        self.restore_button = push_button(
            "Restore",
            "Make this version the model, as if training had ended with it",
            self._restore,
        )
        self._hint = QLabel("Training leaves versions of the network here.")
        self._hint.setWordWrap(True)
        row = QHBoxLayout()
        for button in (self.show_button, self.beside_button, self.restore_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._hint)
        layout.addWidget(self.table)
        layout.addLayout(row)
        self.table.itemSelectionChanged.connect(self._enable)
        self._enable()

    def begin(self) -> None:
        """Begin with the versions of a new training."""
        self.show_together()
        self.versions.begin()
        self._renew()

    def add(self, version: Version) -> None:
        """List a version of the training under way."""
        self.versions.add(version)
        self._renew()

    def seeing(self, painting: Painting, spans: Spans, beside: bool, device: str) -> Errand:
        """Return what predicts a part of an image with the chosen versions."""
        chosen = self.table.chosen()[::-1]  # from left to right as they were learned

        def work(_: Model) -> Iterator[Event]:
            found = []
            for version in chosen:
                found.append(
                    (version, make_preview(version.model, painting.image, Look(spans), device))
                )
                yield Event()  # the view is followed in between
            yield Seen(painting, found, beside)

        return work

    def show_seen(self, seen: Seen) -> None:
        """Show what versions see."""
        layers: list[Layer] = []
        source = seen.painting.source
        for version, preview in seen.found:
            shown = PreviewLayers(self._viewer, seen.painting, f"{version.name} of {source.name}")
            shown.show(preview)
            shown.rest()
            if shown.labels:
                layers.append(shown.labels)
        if seen.beside and self.beside_button.isChecked():
            self._beside.show(source, layers)

    def show_together(self) -> None:
        """Show all layers over each other again."""
        self.beside_button.setChecked(False)
        self._beside.close()

    def _renew(self) -> None:
        self.table.show_versions(self.versions)
        self._enable()

    def _enable(self) -> None:
        count = len(self.table.chosen())
        self._hint.setVisible(not len(self.versions))
        self.show_button.setEnabled(count > 0)
        self.beside_button.setEnabled(count > 1 or self.beside_button.isChecked())
        self.restore_button.setEnabled(count == 1)

    def _ask_to_show(self) -> None:
        self.show_together()
        self.asked.emit(False)

    def _ask_beside(self) -> None:
        if self.beside_button.isChecked():
            self.asked.emit(True)
        else:
            self._beside.close()
            self._enable()

    def _restore(self) -> None:
        (version,) = self.table.chosen()
        self.restored.emit(version)
