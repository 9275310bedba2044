"""Classes of the layer that is painted on: colour, id, name, key and how much is painted."""

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidgetItem

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.gui.class_keys import KEYS, key_name
from napari_fcnseg.gui.small_table import SmallTable

COLUMNS = ["", "id", "class", "key", "pixels"]
COLOUR, ID, NAME, KEY, COUNT = range(len(COLUMNS))
MOST = 9  # rows that are seen at once
NOT_LABELLED = (
    "0 is not labelled: nothing is learned from it, and it is not the background, which is a "
    "class of its own. Paint with it, or with napari's eraser, to take strokes back"
)


class ClassTable(SmallTable):
    """A row for each class, and one for what is not labelled; names can be edited.

    Attributes
    ----------
    chosen
        Emitted with the id of the row that a person went to.
    renamed
        Emitted with an id and the name that was typed.
    recoloured
        Emitted with the id of a colour that was clicked twice.
    """

    chosen = Signal(int)
    renamed = Signal(int, str)
    recoloured = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemSelectionChanged.connect(lambda: self.chosen.emit(self.chosen_id()))
        self.itemChanged.connect(self._rename)
        self.cellDoubleClicked.connect(self._recolour)

    def show_classes(
        self, classes: Sequence[SegClass], counts: Mapping[int, int] | None, current: int
    ) -> None:
        """Show classes, and how many pixels of each are labelled, if that is known."""
        self.blockSignals(True)  # nobody has chosen or typed anything
        self.begin(COLUMNS, 1 + len(classes))
        self._row(0, SegClass(0, "not labelled", "#000000"), "no class", NOT_LABELLED)
        for row, c in enumerate(classes, 1):
            key = f"{key_name(c.id)} paints with it. " if c.id in KEYS else ""
            known = "..." if counts is None else f"{counts.get(c.id, 0):,}"
            self._row(row, c, known, f"{key}Click twice to change name or colour")
        head = self.horizontalHeader()
        assert head is not None
        for column in (COLOUR, ID, KEY, COUNT):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.fit(MOST)
        self.blockSignals(False)
        self.choose(current)

    def chosen_id(self) -> int:
        """Id of the row that is chosen."""
        return self._id(max(0, self.currentRow()))

    def choose(self, class_id: int) -> None:
        """Mark the row of a class."""
        rows = [row for row in range(self.rowCount()) if self._id(row) == class_id]
        self.blockSignals(True)
        self.selectRow(rows[0]) if rows else self.clearSelection()
        self.blockSignals(False)

    def _row(self, row: int, c: SegClass, count: str, tooltip: str) -> None:
        texts = {COLOUR: "", ID: str(c.id), NAME: c.name, KEY: key_name(c.id), COUNT: count}
        for column, text in texts.items():
            item = self.put(row, column, text, right=column in (ID, COUNT))
            item.setToolTip(tooltip)
            if column != NAME or not c.id:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            if not c.id:
                font = item.font()
                font.setItalic(True)
                item.setFont(font)
            elif column == COLOUR:
                item.setIcon(_swatch(c.color))

    def _id(self, row: int) -> int:
        item = self.item(row, ID)
        return int(item.text()) if item else 0

    def _rename(self, item: QTableWidgetItem) -> None:
        if item.column() == NAME:
            self.renamed.emit(self._id(item.row()), item.text().strip())

    def _recolour(self, row: int, column: int) -> None:
        if column == COLOUR and row:
            self.recoloured.emit(self._id(row))


def _swatch(colour: str) -> QIcon:
    """Return a square of a colour, which stays the same in a row that is chosen."""
    square, icon = QPixmap(16, 16), QIcon()
    square.fill(QColor(colour))
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(square, mode)
    return icon
