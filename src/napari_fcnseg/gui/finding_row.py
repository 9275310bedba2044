"""One finding of the data doctor, with what can be done about it."""

from functools import partial

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QWidget

from napari_fcnseg.gui.buttons import push_button
from napari_fcnseg.inference.finding import Finding, Fix

COLOURS = {"error": "#d55e00", "warning": "#e69f00", "note": "#80808c"}  # on light and dark
STRIPE = 3  # pixels
TIPS = {
    "axes": "Read the image so",
    "grey": "Add a layer of its one channel, and segment that; pixels are read as they are needed",
    "resample": "Add a layer of it with such pixels, and segment that; labels have them, too",
    "own values": "Take a copy of the model that scales each image by its own grey values",
}


class FindingRow(QWidget):
    """A sentence behind a stripe in the colour of its weight, and a button for each fix.

    Parameters
    ----------
    finding
        What was found.

    Attributes
    ----------
    fixed
        Emitted with the fix whose button was pressed.
    """

    fixed = Signal(object)

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding
        stripe, text = QFrame(), QLabel(finding.text)
        stripe.setFixedWidth(STRIPE)
        stripe.setStyleSheet(f"background-color: {COLOURS[finding.weight]}")
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)  # names of files are in it
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.addWidget(stripe, 0, 0, 2, 1)
        layout.addWidget(text, 0, 1)
        layout.setColumnStretch(1, 1)
        self.buttons = [self._button(fix) for fix in finding.fixes]
        row = QHBoxLayout()
        for button in self.buttons:
            row.addWidget(button)
        row.addStretch()
        if self.buttons:
            layout.addLayout(row, 1, 1)

    def _button(self, fix: Fix) -> QWidget:
        return push_button(fix.title, TIPS[fix.kind], partial(self.fixed.emit, fix))
