"""A table in a widget, as high as its rows."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem


class SmallTable(QTableWidget):
    """Is read, not edited; hidden as long as it has no rows."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        side = self.verticalHeader()
        assert side is not None
        side.hide()
        self.hide()

    def begin(self, columns: list[str], rows: int) -> None:
        """Empty it, and make room for rows under new headings."""
        self.clear()
        self.setColumnCount(len(columns))
        self.setRowCount(rows)
        self.setHorizontalHeaderLabels(columns)

    def put(self, row: int, column: int, text: str, right: bool) -> QTableWidgetItem:
        """Write into a cell, numbers to its `right`."""
        item = QTableWidgetItem(text)
        if right:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(row, column, item)
        return item

    def fit(self, most: int) -> None:
        """Take the height of all rows, or of so many before it scrolls; show it if it has any."""
        self.resizeRowsToContents()
        header, bar = self.horizontalHeader(), self.horizontalScrollBar()
        assert header is not None
        assert bar is not None
        scrolls = self.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        height = sum(self.rowHeight(row) for row in range(min(most, self.rowCount())))
        height += header.sizeHint().height() + scrolls * bar.sizeHint().height()
        self.setFixedHeight(height + 2 * self.frameWidth())
        self.setVisible(bool(self.rowCount()))
