"""The layer in which a prediction grows."""

from pathlib import Path

from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.events import PredictionStarted
from napari_fcnseg.gui.output import written_labels
from napari_fcnseg.gui.overlay import add_labels, follow
from napari_fcnseg.gui.refresh import Refresher
from napari_fcnseg.images.image import Image

UNFINISHED = "napari-fcnseg: grows in"  # in a layer's metadata


class Growing:
    """Labels that lie on their image, and in the end where it was moved to.

    Parameters
    ----------
    viewer
        Where to.
    started
        What is going to grow.
    classes
        Their names and colours.
    image
        What is segmented.
    source
        Its layer, if it has one.
    out
        File that it grows in, if any. A layer that an earlier run over that file left unfinished
        goes on growing: what it shows would be nowhere once the file has its final name.
    """

    def __init__(
        self,
        viewer: Viewer,
        started: PredictionStarted,
        classes: tuple[SegClass, ...],
        image: Image,
        source: ImageLayer | None,
        out: Path | None = None,
    ) -> None:
        self._viewer, self._image, self._source = viewer, image, source
        self._region = started.plan.region
        data = list(started.data) if len(started.data) > 1 else started.data[0]
        name, unfinished = f"{image.name} segmented", str(out.resolve()) if out else None
        if before := _left(viewer, unfinished):
            name = before.name
            viewer.layers.remove(before)
        self.layer: Labels = add_labels(
            viewer, data, name, classes, image, source, started.plan.region
        )
        if unfinished:
            self.layer.metadata[UNFINISHED] = unfinished
        self._refresh = Refresher(self.layer)

    def renew(self) -> None:
        """Show what has been written meanwhile, now and then."""
        self._refresh()

    def finish(self, path: Path | None) -> None:
        """Show all of it, in the place that the image has now.

        Parameters
        ----------
        path
            File that has its final name now, if any.
        """
        if path:
            self.layer.data = written_labels(path)
            self.layer.metadata.pop(UNFINISHED, None)
        follow(self.layer, self._image, self._image.kept, self._source, self._region)
        self._refresh(now=True)

    def rescue(self) -> bool:
        """Add the layer again if it was removed; return whether it was."""
        gone = self.layer not in self._viewer.layers
        if gone:
            self._viewer.add_layer(self.layer)
        return gone


def _left(viewer: Viewer, unfinished: str | None) -> Labels | None:
    """Return the layer that an earlier run over a file left."""
    if unfinished:
        for layer in viewer.layers:
            if isinstance(layer, Labels) and layer.metadata.get(UNFINISHED) == unfinished:
                return layer
    return None
