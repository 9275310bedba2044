"""Notices what is painted, and tells a training of it."""

from collections.abc import Callable

from napari.layers import Labels, Layer

from napari_fcnseg.gui.preview import Look
from napari_fcnseg.training.train import Training


class StrokeWatch:
    """Follows a Labels layer; of other layers nothing is told.

    Parameters
    ----------
    layer
        The layer that is painted on.
    look
        Tells what is on screen now, along the image's axes.

    Attributes
    ----------
    painted
        How often something was painted or undone.
    """

    def __init__(self, layer: Layer, look: Callable[[], Look]) -> None:
        self._layer = layer if isinstance(layer, Labels) else None
        self._look = look
        self._job: Training | None = None
        self._plane = look().spans[:-2]
        self.painted = 0
        if self._layer:
            self._layer.events.paint.connect(self._tell)
            self._layer.events.set_data.connect(self._redraw)  # undo and redo paint nothing

    def begin(self, job: Training) -> None:
        """Tell a training, from its own thread; also of what was painted while it began."""
        self._job = job
        if self.painted:
            job.repaint()

    def end(self) -> None:
        """Tell no training any more."""
        self._job = None

    def close(self) -> None:
        """Let go of the layer."""
        self.end()
        if self._layer:
            self._layer.events.paint.disconnect(self._tell)
            self._layer.events.set_data.disconnect(self._redraw)

    def _redraw(self, event: object = None) -> None:
        """Another plane is drawn anew, too: only the same one has changed."""
        plane, self._plane = self._plane, self._look().spans[:-2]
        if plane == self._plane:
            self._tell()

    def _tell(self, event: object = None) -> None:
        if self._layer is None:
            return
        self.painted += 1
        if self._job is None:
            return
        spans = self._look().spans
        flat = spans and self._layer.n_edit_dimensions == 2
        self._job.repaint(planes=[tuple(start for start, _ in spans[:-2])] if flat else None)
