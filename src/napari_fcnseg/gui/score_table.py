"""Scores and the worst regions of an evaluation, as lists in a widget."""

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QListWidget

from napari_fcnseg.evaluation.class_scores import ClassScores
from napari_fcnseg.evaluation.evaluation import Evaluation
from napari_fcnseg.evaluation.explain import MEANING
from napari_fcnseg.evaluation.report import number
from napari_fcnseg.gui.small_table import SmallTable

SHOWN = ("IoU", "Dice", "boundary F")  # of the scores of a class; a report has all
ROWS = 8  # of a list, before it scrolls


class ScoreTable(SmallTable):
    """Scores of everything together, then of each class."""

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_scores(self, evaluation: Evaluation) -> None:
        """Show an evaluation."""
        scores = evaluation.scores
        by_class = scores.by_class if isinstance(scores, ClassScores) else {}
        columns = ["", *(SHOWN if by_class else ["score"])]
        rows = [[name, number(value)] for name, value in evaluation.overall.items()]
        classes = scores.classes if isinstance(scores, ClassScores) else ()
        self.begin(columns, len(rows) + len(classes))
        for at, c in enumerate(classes):
            values = [number(float(by_class[name][at])) for name in SHOWN]
            self._fill(at, [c.name, *values])
            swatch = QPixmap(12, 12)
            swatch.fill(QColor(c.color))
            if item := self.item(at, 0):
                item.setIcon(QIcon(swatch))
        for at, (name, value) in enumerate(rows, len(classes)):
            self._fill(at, [name, *[""] * (len(columns) - 2), value])
            if len(columns) > 2:
                self.setSpan(at, 0, 1, len(columns) - 1)
        header = self.horizontalHeader()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.fit(self.rowCount())

    def _fill(self, row: int, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            header = self.horizontalHeaderItem(column)
            tip = MEANING.get(texts[0], MEANING.get(header.text() if header else "", ""))
            self.put(row, column, text, right=column > 0).setToolTip(tip)


class RegionList(QListWidget):
    """The regions with the most wrong pixels.

    Attributes
    ----------
    chosen
        Emitted with the number of a region that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setToolTip("Where most is wrong; click to go there")
        self.currentRowChanged.connect(self._choose)
        self.itemClicked.connect(lambda item: self._choose(self.row(item)))
        self.hide()

    def show_regions(self, evaluation: Evaluation) -> None:
        """List the regions of an evaluation."""
        self.blockSignals(True)
        self.clear()
        kept = evaluation.images[0].pair.found.kept
        for region in evaluation.worst:
            self.addItem(f"{region.where(kept)}: {region.share:.0%} wrong")
        self.blockSignals(False)
        height = max(1, self.sizeHintForRow(0)) * min(ROWS, max(1, self.count()))
        self.setFixedHeight(height + 2 * self.frameWidth())
        self.setVisible(bool(self.count()))

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)
