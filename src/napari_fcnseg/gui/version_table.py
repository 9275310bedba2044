"""Versions of a network as a table in a widget."""

from collections.abc import Iterable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView

from napari_fcnseg.gui.panel import minutes
from napari_fcnseg.gui.small_table import SmallTable
from napari_fcnseg.gui.versions import Version, Versions

COLUMNS = ["", "version", "trained", "mean IoU"]
MARK, NAME, TIME, SCORE = range(len(COLUMNS))
BEST, KEPT = "★", "●"
ROWS = 6  # that are seen at once


class VersionTable(SmallTable):
    """A row for each version, the newest first; several can be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._versions: list[Version] = []
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(False)

    def show_versions(self, versions: Versions) -> None:
        """Show versions; those that were chosen stay chosen."""
        chosen, best = [v.name for v in self.chosen()], versions.best
        self._versions = list(versions)[::-1]
        self.blockSignals(True)
        self.begin(COLUMNS, len(self._versions))
        for row, version in enumerate(self._versions):
            self._fill(row, version, version in best)
        head = self.horizontalHeader()
        assert head is not None
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.fit(ROWS)
        self.blockSignals(False)
        self.choose(chosen)

    def chosen(self) -> list[Version]:
        """Versions of the rows that are chosen, as they stand in the table."""
        model = self.selectionModel()
        rows = sorted(index.row() for index in model.selectedRows()) if model else []
        return [self._versions[row] for row in rows]

    def choose(self, names: Iterable[str]) -> None:
        """Choose the rows of versions by their names."""
        self.clearSelection()
        model = self.selectionModel()
        assert model is not None
        flags = model.SelectionFlag
        for row, version in enumerate(self._versions):
            if version.name in names:
                index = self.model().index(row, NAME)  # type: ignore[union-attr]
                model.select(index, flags.Select | flags.Rows)

    def _fill(self, row: int, version: Version, best: bool) -> None:
        score = "" if version.mean_iou is None else f"{version.mean_iou:.3f}"
        mark = f"{BEST * best}{KEPT * version.kept}"
        told = [f"{name}: {value:.3f}" for name, value in version.iou.items()]
        tip = "\n".join(
            ["the best of its training"] * best
            + ["kept, in Models, too"] * version.kept
            + (["IoU on held-out strokes", *told] if told else ["not scored"])
        )
        texts = {MARK: mark, NAME: version.name, TIME: minutes(version.elapsed), SCORE: score}
        for column, text in texts.items():
            self.put(row, column, text, right=column > NAME).setToolTip(tip)
