"""The Labels layer that shows previews, and what of the image is being looked at."""

from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fcnseg.gui.layers import show_classes, visible_part
from napari_fcnseg.gui.overlay import add_labels
from napari_fcnseg.gui.preview import Preview, sparse_labels
from napari_fcnseg.gui.refresh import Refresher
from napari_fcnseg.gui.view_watch import ViewWatch
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

MOST = 1024  # pixels along each edge of a preview


class LiveView:
    """Follows the viewer during one training run and shows its previews.

    Parameters
    ----------
    viewer
        napari's viewer.
    layer
        Image layer that is trained on.
    image
        The same, opened.
    below
        The layer that is painted on; previews lie below it, and it stays selected.
    """

    def __init__(self, viewer: Viewer, layer: ImageLayer, image: Image, below: Layer) -> None:
        self._viewer, self._source, self._image, self._below = viewer, layer, image, below
        self._shown: Labels | None = None
        self._refresh: Refresher | None = None
        self._watch = ViewWatch(viewer, self._look)
        self._spans: Spans = ()
        self._look()

    def spans(self) -> Spans:
        """Return what was last seen on screen; called from the training thread."""
        return self._spans

    def _look(self, event: object = None) -> None:
        self._spans = visible_part(self._viewer, self._source, self._image, MOST)

    def show(self, preview: Preview) -> None:
        """Put a preview into its layer; make the layer if it is not there yet."""
        if self._shown is None:
            self._shown = self._add(preview)
            self._refresh = Refresher(self._shown)
        if preview.final:  # other slices still show what the network saw earlier
            self._shown.data = sparse_labels(self._image.kept_shape)
        self._shown.data[tuple(slice(*span) for span in preview.spans)] = preview.labels
        assert self._refresh is not None
        self._refresh(now=True)
        self._look()  # what is on screen is known after it was drawn, that is after the events

    def _add(self, preview: Preview) -> Labels:
        name, shape = f"preview of {self._source.name}", self._image.kept_shape
        for old in self._viewer.layers:
            if old.name == name and isinstance(old, Labels) and old.data.shape == shape:
                old.data = sparse_labels(shape)
                show_classes(old, preview.model.classes)
                return old
        selected = set(self._viewer.layers.selection)
        active = self._viewer.layers.selection.active
        shown = add_labels(
            self._viewer,
            sparse_labels(shape),
            name,
            preview.model.classes,
            self._image,
            self._source,
        )
        layers = self._viewer.layers
        if self._below in layers:
            layers.move(layers.index(shown), layers.index(self._below))
        layers.selection = selected
        layers.selection.active = active
        return shown

    def close(self) -> None:
        """Let go of the viewer; the layer stays."""
        self._watch.unfollow()
