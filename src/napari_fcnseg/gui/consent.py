"""The question before source code of a model is run."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox, QWidget

QUESTION = """Running this model means to run source code that somebody else wrote. It may do \
anything on this machine: read and delete files, or send them elsewhere.

{}.

Only say yes if you trust who made it. Run its code?"""


def consents(parent: QWidget, danger: str) -> bool:
    """Ask whether source code of a model may be run; no is what Enter says.

    Parameters
    ----------
    parent
        It stays in front of.
    danger
        What would be run; names in it that a stranger has given are shown as they are.
    """
    yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Run code of a model?")
    box.setTextFormat(Qt.TextFormat.PlainText)  # names could hide the question
    box.setText(QUESTION.format(danger))
    box.setStandardButtons(yes | no)
    box.setDefaultButton(no)
    return bool(box.exec() == yes)
