"""Notices when another slice, or another part of it, comes on screen."""

from collections.abc import Callable
from typing import Any

from napari import Viewer


class ViewWatch:
    """Calls back when the viewer goes elsewhere.

    Parameters
    ----------
    viewer
        napari's viewer.
    look
        A method; it is called with an event.
    """

    def __init__(self, viewer: Viewer, look: Callable[[Any], None]) -> None:
        camera = viewer.camera.events
        self._look, self._followed = look, (viewer.dims.events.point, camera.center, camera.zoom)
        for event in self._followed:
            event.connect(look)

    def unfollow(self, _: object = None) -> None:
        """Let go of the viewer."""
        for event in self._followed:
            event.disconnect(self._look)
