"""A table of files and how far each is; files can be dropped on it."""

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
)
from qtpy.QtWidgets import QAbstractItemView, QHeaderView

from napari_fcnseg.gui.small_table import SmallTable

WAITING, DONE, FAILED = "waiting", "done", "failed"
COLOURS = {DONE: QColor("#009e73"), FAILED: QColor("#d55e00")}  # on light and dark
GREY = QColor(128, 128, 132)
INVITATION = "drop images or folders here"
FILE, STATUS = 0, 1
HEIGHT, LINE = 226, 24  # of the table and of a row of it


@dataclass
class Row:
    """A file of the table.

    Attributes
    ----------
    path
        The image.
    out
        Its labels, once it was begun.
    status
        `WAITING`, `DONE`, `FAILED`, or how far it is.
    about
        What else there is to say, for a tooltip.
    """

    path: Path
    out: Path | None = None
    status: str = WAITING
    about: str = ""

    def told(self) -> str:
        """Return all there is to say."""
        lines = [str(self.path), self.status + f": {self.about}" * bool(self.about)]
        begun = self.out is not None and self.status != FAILED
        return "\n".join([*lines, *[f"labels: {self.out}"] * begun])


class FileTable(SmallTable):
    """Files and their status; what was dropped on it is passed on.

    Attributes
    ----------
    dropped
        Emitted with the paths that were dropped.
    rows
        In the order of the table.
    """

    dropped = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.begin(["file", "status"], 0)
        header, side = self.horizontalHeader(), self.verticalHeader()
        assert header is not None
        assert side is not None
        header.setSectionResizeMode(FILE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(STATUS, QHeaderView.ResizeMode.ResizeToContents)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # ends of names tell them apart
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAcceptDrops(True)
        self.setFixedHeight(HEIGHT)
        side.setDefaultSectionSize(LINE)
        self.show()

    def add(self, path: Path) -> None:
        """Add a file that waits."""
        self.rows.append(Row(path))
        self.setRowCount(len(self.rows))
        self.update_row(path)

    def remove(self, path: Path) -> None:
        """Take a file out."""
        number = self._number(path)
        self.removeRow(number)  # tells what is selected then
        del self.rows[number]

    def row_of(self, path: Path) -> Row:
        """Return what is known of a file."""
        return self.rows[self._number(path)]

    def update_row(self, path: Path, **changes: str | Path | None) -> None:
        """Change what is known of a file, and show it."""
        number = self._number(path)
        row = self.rows[number]
        for name, value in changes.items():
            setattr(row, name, value)
        for column, text in ((FILE, path.name), (STATUS, row.status)):
            item = self.put(number, column, text, right=column == STATUS)
            item.setToolTip(row.told())
        if colour := COLOURS.get(row.status):
            item.setForeground(colour)

    def chosen(self) -> list[Row]:
        """Return the rows that are selected."""
        return [self.rows[n] for n in sorted({index.row() for index in self.selectedIndexes()})]

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """Take files."""
        _accept_files(event)

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:  # noqa: N802
        """Take files, wherever they are dropped."""
        _accept_files(event)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Pass files on; napari, which is behind this widget, would open them."""
        _accept_files(event)
        data = event.mimeData() if event else None
        if data and data.hasUrls():
            self.dropped.emit([Path(url.toLocalFile()) for url in data.urls()])

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Say what an empty table is for."""
        super().paintEvent(event)
        area = self.viewport()
        if not self.rows and area is not None:
            with QPainter(area) as painter:
                painter.setPen(GREY)
                painter.drawText(area.rect(), Qt.AlignmentFlag.AlignCenter, INVITATION)

    def _number(self, path: Path) -> int:
        return next(number for number, row in enumerate(self.rows) if row.path == path)


def _accept_files(event: QDropEvent | None) -> None:
    data = event.mimeData() if event else None
    if event and data and data.hasUrls():
        event.acceptProposedAction()
