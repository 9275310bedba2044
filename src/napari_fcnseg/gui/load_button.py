"""The button that loads a model from a file."""

from functools import partial
from pathlib import Path

from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.errors import UntrustedCodeError
from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.consent import consents
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model


class LoadButton(QPushButton):
    """Asks for a file, and before source code in it is run.

    Attributes
    ----------
    loaded
        Emitted with a model and its file.
    """

    loaded = Signal(object, Path)

    def __init__(self) -> None:
        super().__init__("Load model ...")
        self.setToolTip("A model that was saved here, or one of the BioImage Model Zoo (.zip)")
        self._path = Path()
        self._aside = Aside(self)
        self._aside.answered.connect(self._take)
        self.clicked.connect(self._ask)

    def load(self, path: Path, trust_code: bool = False) -> None:
        """Load a model, in a thread."""
        self._path = path
        self.setEnabled(False)
        self._aside.ask(partial(load_model, path, trust_code=trust_code))

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Load model", str(own_library().folder), "Models (*.zip)"
        )
        if path:
            self.load(Path(path))

    def _take(self, answer: object) -> None:
        self.setEnabled(True)
        if isinstance(answer, Model):
            self.loaded.emit(answer, self._path)
        elif isinstance(answer, UntrustedCodeError):
            if consents(self, answer.danger):
                self.load(self._path, trust_code=True)
        elif isinstance(answer, Exception):
            tell(answer)
