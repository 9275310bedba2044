"""Layers that are worked on: what of them is seen, what is painted, and previews over them."""

from napari import Viewer

from napari_fcnseg.gui.live import LiveView
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.preview import Preview
from napari_fcnseg.gui.preview_layers import PreviewLayers
from napari_fcnseg.gui.stroke_watch import StrokeWatch


class Stage:
    """Follows the viewer and the strokes, until it is closed.

    Parameters
    ----------
    viewer
        napari's viewer.
    painting
        The layers.
    unsure
        Whether to see how unsure the network is.

    Attributes
    ----------
    painting
        The layers.
    view
        What is looked at.
    strokes
        What is painted.
    """

    def __init__(self, viewer: Viewer, painting: Painting, unsure: bool) -> None:
        self.painting = painting
        self.view = LiveView(viewer, painting, unsure)
        self.strokes = StrokeWatch(painting.layer, self.view.look_again)
        self._previews = PreviewLayers(viewer, painting, f"preview of {painting.source.name}")

    def show(self, preview: Preview) -> None:
        """Show a preview."""
        self._previews.show(preview)
        self.view.renew()

    def ask_unsure(self, unsure: bool) -> None:
        """Show how unsure the network is, or no longer."""
        self.view.ask_unsure(unsure)
        self._previews.show_unsure(unsure)

    def is_of(self, painting: Painting) -> bool:
        """Whether these are its layers."""
        mine = self.painting
        same = mine.source == painting.source and mine.layer == painting.layer
        return same and mine.image.axes == painting.image.axes

    def end(self) -> None:
        """End with a training; layers are followed further."""
        self.strokes.end()
        self._previews.rest()

    def close(self) -> None:
        """Let go of all; layers stay."""
        self.view.close()
        self.strokes.close()
