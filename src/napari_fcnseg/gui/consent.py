"""The question before source code of a model is run."""

from qtpy.QtWidgets import QMessageBox, QWidget

QUESTION = "{}.\n\nOnly say yes if you trust who made it. Run its code?"


def consents(parent: QWidget, danger: str) -> bool:
    """Ask whether source code of a model may be run; no is what Enter says."""
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    asked = QMessageBox.warning(
        parent, "Run code of a model?", QUESTION.format(danger), yes | no, no
    )
    return bool(asked == yes)
