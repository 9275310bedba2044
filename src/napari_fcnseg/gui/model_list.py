"""The models of a folder as a list with their covers, read in a thread."""

from collections.abc import Generator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt, Signal  # type: ignore[attr-defined]  # named at run time
from qtpy.QtGui import QIcon, QImage, QPixmap
from qtpy.QtWidgets import QListWidget, QListWidgetItem

from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.job import Ended, Failed, Job
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.models.card import Card
from napari_fcnseg.models.library import Library

ICON = QSize(80, 40)
CARD = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Listed(Event):
    """A model was found."""

    card: Card


class ModelList(QListWidget):
    """Lists the models of a library, the newest first.

    Parameters
    ----------
    library
        Whose models.

    Attributes
    ----------
    renewed
        Emitted when all are listed.
    """

    renewed = Signal()

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library
        self._reading: Job | None = None
        self._wanted: Path | None = None
        self.setIconSize(ICON)
        self.setMinimumHeight(3 * ICON.height())
        self.setMaximumHeight(6 * ICON.height())
        self.setSpacing(1)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def renew(self, choose: Path | None = None) -> None:
        """Read the folder again; keep what is chosen, or choose the model at a path."""
        card = self.chosen()
        self._wanted = choose or (card.path if card else None)
        self.let_go()
        self.clear()
        self._reading = Job(lambda: Steps(self._read()), self._receive)
        self._reading.start()

    def let_go(self, _: object = None) -> None:
        """Read no further."""
        if self._reading:
            self._reading.abandon()
            self._reading = None

    def chosen(self) -> Card | None:
        """Return what is known of the model that is chosen, if one is."""
        item = self.currentItem()
        return item.data(CARD) if item else None

    def _read(self) -> Generator[Event, None, None]:
        for card in self._library.cards():
            yield Listed(card)

    def _receive(self, event: Event) -> None:
        match event:
            case Listed():
                self._add(event.card)
            case Failed():
                tell(event.error)
            case Ended():
                self._reading = None
                if self.currentItem() is None:
                    self.setCurrentRow(0)
                self.renewed.emit()

    def _add(self, card: Card) -> None:
        about = card.problem or ", ".join(c.name for c in card.classes) or card.network
        item = QListWidgetItem(f"{card.name}\n{card.date:%Y-%m-%d %H:%M} · {about}")
        item.setData(CARD, card)
        item.setToolTip(escape(card.problem or card.path.name))
        if card.cover is not None:
            item.setIcon(QIcon(picture(card.cover)))
        self.addItem(item)
        if card.path == self._wanted:
            self.setCurrentItem(item)


def picture(pixels: NDArray[np.uint8]) -> QPixmap:
    """Return an RGB array ``(rows, columns, 3)`` as Qt's picture."""
    rows, columns, _ = pixels.shape
    data = np.ascontiguousarray(pixels).tobytes()
    return QPixmap.fromImage(
        QImage(data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()
    )
