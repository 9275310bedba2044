"""Measurements as a table in a widget."""

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

from napari_fcnseg.refine.table import Table

MOST = 500  # rows that are shown; a file has all
ROWS = 12  # that are seen at once, before it scrolls


class MeasureTable(QTableWidget):
    """The first rows of a table of measurements."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.hide()

    def show_table(self, table: Table) -> None:
        """Show measurements."""
        rows = table.rows[:MOST]
        self.clear()
        self.setColumnCount(len(table.columns))
        self.setRowCount(len(rows))
        self.setHorizontalHeaderLabels(list(table.columns))
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                item = QTableWidgetItem(_text(value))
                if not isinstance(value, str):
                    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    item.setTextAlignment(right)
                self.setItem(y, x, item)
        side, header = self.verticalHeader(), self.horizontalHeader()
        assert side is not None
        assert header is not None
        side.hide()
        self.resizeColumnsToContents()
        self.resizeRowsToContents()
        height = sum(self.rowHeight(y) for y in range(min(ROWS, len(rows))))
        bar = self.horizontalScrollBar()
        room = bar.sizeHint().height() if bar else 0
        self.setFixedHeight(header.sizeHint().height() + height + room + 2 * self.frameWidth())
        self.setVisible(bool(rows))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
