"""What of an image is being looked at during a training."""

from napari import Viewer

from napari_fcnseg.gui.layers import visible_part
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.preview import Look
from napari_fcnseg.gui.view_watch import ViewWatch

MOST = 1024  # pixels along each edge of a preview


class LiveView:
    """Follows the viewer during one training run.

    Parameters
    ----------
    viewer
        napari's viewer.
    painting
        What is looked at.
    unsure
        Whether to see, too, how unsure the network is.
    """

    def __init__(self, viewer: Viewer, painting: Painting, unsure: bool) -> None:
        self._viewer, self._painting, self._unsure = viewer, painting, unsure
        self._watch = ViewWatch(viewer, self.renew)
        self.renew()

    def look(self) -> Look:
        """Return what was last seen on screen; called from the training thread."""
        return self._look

    def look_again(self) -> Look:
        """Look, and return what is on screen."""
        self.renew()
        return self._look

    def ask_unsure(self, unsure: bool) -> None:
        """Ask for the uncertainty, too, or no longer."""
        self._unsure = unsure
        self.renew()

    def renew(self, _: object = None) -> None:
        """Look again: what is on screen is known after it was drawn, that is after the events."""
        painting = self._painting
        spans = visible_part(self._viewer, painting.source, painting.image, MOST)
        self._look = Look(spans, self._unsure)

    def close(self) -> None:
        """Let go of the viewer."""
        self._watch.unfollow()
