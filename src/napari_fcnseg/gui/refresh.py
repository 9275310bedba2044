"""Show a layer that grows, without stalling the window."""

import time

from napari.layers import Layer

SHORTEST = 0.25  # seconds between two refreshes
PATIENCE = 5.0  # times as long as the last refresh took


class Refresher:
    """Refreshes a layer, at most every quarter of a second or a fifth of the time."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self._next = layer, 0.0

    def __call__(self, now: bool = False) -> None:
        """Refresh if it is time, or in any case with `now`."""
        began = time.monotonic()
        if began < self._next and not now:
            return
        self.layer.refresh(extent=False, highlight=False, thumbnail=now)
        took = time.monotonic() - began
        self._next = time.monotonic() + max(SHORTEST, PATIENCE * took)
