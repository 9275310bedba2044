"""Trainings that a crash cut off: their models are kept, and that is told."""

from functools import partial

from napari.utils.notifications import show_info
from qtpy.QtCore import QObject

from napari_fcnseg.gui.aside import Aside
from napari_fcnseg.gui.choices import TrainedModels
from napari_fcnseg.gui.panel import tell
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.gui.rescue import take_over


class TakenOver(Aside):
    """Looks once, in a thread, for what was left behind.

    Parameters
    ----------
    parent
        It goes with it.
    session
        Tells other widgets of models that are kept.
    """

    def __init__(self, parent: QObject, session: TrainedModels) -> None:
        super().__init__(parent)
        self._session = session
        self.answered.connect(self._tell)
        self.ask(partial(take_over, own_library()))

    def _tell(self, answer: object) -> None:
        if isinstance(answer, Exception):
            tell(answer)
            return
        assert isinstance(answer, list)
        for path in answer:
            self._session.kept.emit(path)
            show_info(
                f"napari ended in the middle of a training: its best model is kept as {path.name}. "
                "To go on from it, press Use in Models, and choose it under 'start from' in Train"
            )
