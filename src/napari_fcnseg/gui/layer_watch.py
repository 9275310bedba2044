"""Notices when a layer gets other pixels, or another place."""

from collections.abc import Callable
from typing import Any

from napari.layers import Layer


class LayerWatch:
    """Calls back when one layer at a time changes.

    Parameters
    ----------
    tell
        Is called with an event.
    """

    def __init__(self, tell: Callable[[Any], None]) -> None:
        self._tell = tell
        self._followed: tuple[Any, ...] = ()

    def follow(self, layer: Layer | None) -> None:
        """Follow another layer, or none."""
        self.unfollow()
        if layer is not None:
            events = layer.events
            self._followed = (events.data, events.scale, events.units, events.axis_labels)
            for event in self._followed:
                event.connect(self._tell)

    def unfollow(self, _: object = None) -> None:
        """Let go of the layer."""
        for event in self._followed:
            event.disconnect(self._tell)
        self._followed = ()
