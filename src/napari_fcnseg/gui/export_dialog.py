"""What is asked before a model is handed on: who made it, its licence, formats of weights."""

from dataclasses import dataclass

from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QTextEdit,
    QWidget,
)

from napari_fcnseg.errors import ModelError
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.models.about import About
from napari_fcnseg.models.convert import Format

LICENCES = ("", "CC-BY-4.0", "CC0-1.0", "MIT", "BSD-3-Clause")
FORMATS: tuple[tuple[Format, str], ...] = (
    ("torchscript", "TorchScript (ilastik, deepImageJ)"),
    ("onnx", "ONNX (QuPath, most others)"),
)
LINES = 3


@dataclass(frozen=True)
class Wanted:
    """How a model is to be written."""

    about: About
    formats: tuple[Format, ...]


class ExportDialog(QDialog):
    """Asks what people say of a model, and which weights it gets beside the state dict.

    Parameters
    ----------
    parent
        It stays in front of.
    name
        Of the model.
    about
        What is said of it already.
    """

    def __init__(self, parent: QWidget, name: str, about: About) -> None:
        super().__init__(parent)
        self.wanted: Wanted | None = None
        self.setWindowTitle(f"Export {name}")
        self.description = QLineEdit(about.description)
        self.description.setPlaceholderText("one sentence: what it segments, in which images")
        self.authors = _lines(about.authors, "name; affiliation; ORCID\none line for each author")
        self.licence = QComboBox()
        self.licence.setEditable(True)
        self.licence.addItems(LICENCES)
        self.licence.setCurrentText(about.license)
        self.cite = _lines(about.cite, "text; DOI or URL\none line for each")
        self.formats = {key: QCheckBox(text) for key, text in FORMATS}
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("description", self.description)
        form.addRow("authors", self.authors)
        form.addRow("licence", self.licence)
        form.addRow("to cite", self.cite)
        for box in self.formats.values():
            box.setChecked(True)
            form.addRow("", box)
        form.addRow(buttons)
        self.setMinimumWidth(480)

    def accept(self) -> None:
        """Check what was typed; stay open where it cannot be written."""
        try:
            about = About(
                self.description.text().strip(),
                _typed(self.authors),
                self.licence.currentText().strip(),
                _typed(self.cite),
            )
        except ModelError as error:
            tell(error)
            return
        chosen = tuple(key for key, box in self.formats.items() if box.isChecked())
        self.wanted = Wanted(about, chosen)
        super().accept()


def _lines(texts: tuple[str, ...], hint: str) -> QTextEdit:
    edit = QTextEdit()
    edit.setAcceptRichText(False)
    edit.setPlainText("\n".join(texts))
    edit.setPlaceholderText(hint)
    edit.setFixedHeight(edit.fontMetrics().lineSpacing() * LINES + 12)
    edit.setTabChangesFocus(True)
    return edit


def _typed(edit: QTextEdit) -> tuple[str, ...]:
    lines = (line.strip() for line in edit.toPlainText().splitlines())
    return tuple(line for line in lines if line)
