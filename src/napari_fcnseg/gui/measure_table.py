"""Measurements as a table in a widget."""

from typing import Any

from napari_fcnseg.gui.small_table import SmallTable
from napari_fcnseg.refine.table import Table

MOST = 500  # rows that are shown; a file has all
ROWS = 12  # that are seen at once, before it scrolls


class MeasureTable(SmallTable):
    """The first rows of a table of measurements."""

    def show_table(self, table: Table) -> None:
        """Show measurements."""
        rows = table.rows[:MOST]
        self.begin(list(table.columns), len(rows))
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                self.put(y, x, _text(value), right=not isinstance(value, str))
        self.resizeColumnsToContents()
        self.fit(ROWS)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
