"""Tells a training that runs of what is painted meanwhile."""

from collections.abc import Callable

from napari.layers import Labels, Layer

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.training.train import Training


class StrokeWatch:
    """Follows a Labels layer during one training run; of other layers nothing is told.

    Parameters
    ----------
    layer
        The layer that is painted on.
    view
        Returns what is on screen, along the image's axes.

    Attributes
    ----------
    job
        The training, once it is there.
    """

    def __init__(self, layer: Layer, view: Callable[[], Spans]) -> None:
        self._layer = layer if isinstance(layer, Labels) else None
        self._view = view
        self.job: Training | None = None
        if self._layer:
            self._layer.events.paint.connect(self._tell)
            self._layer.events.set_data.connect(self._tell)  # undo and redo paint nothing

    def _tell(self, event: object = None) -> None:
        if self.job is None or self._layer is None:
            return
        spans = self._view()
        flat = spans and self._layer.n_edit_dimensions == 2
        self.job.repaint(planes=[tuple(start for start, _ in spans[:-2])] if flat else None)

    def close(self) -> None:
        """Let go of the layer."""
        self.job = None
        if self._layer:
            self._layer.events.paint.disconnect(self._tell)
            self._layer.events.set_data.disconnect(self._tell)
