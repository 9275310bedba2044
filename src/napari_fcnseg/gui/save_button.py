"""The button that writes a model where a person wants it."""

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.model_jobs import named_zip
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.models.model import Model


class SaveButton(QPushButton):
    """Asks for a file, and saves the model it was given last.

    Parameters
    ----------
    panel
        Tells what was saved.
    """

    def __init__(self, panel: JobPanel) -> None:
        super().__init__("Save model ...")
        self._panel = panel
        self._model: Model | None = None
        self.setToolTip("Write the model that was trained or restored last")
        self.setEnabled(False)
        self.clicked.connect(self._ask_and_save)

    def offer(self, model: Model) -> None:
        """Save this one from now on."""
        self._model = model
        self.setEnabled(True)

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Save the model; problems are told as notifications."""
        if self._model is None:
            return
        try:
            saved = self._model.save(path, overwrite=overwrite)
        except FcnsegError as error:
            tell(error)
        else:
            self._panel.say(f"saved {saved}")

    def _ask_and_save(self) -> None:
        start = f"{self._model.name if self._model else 'model'}.zip"
        path, _ = QFileDialog.getSaveFileName(self, "Save model", start, "Models (*.zip)")
        if path:
            out, asked = named_zip(path)
            self.save(out, overwrite=asked)
