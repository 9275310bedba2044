"""Layers side by side, each over a copy of the image: napari's grid, and back."""

from collections.abc import Sequence

from napari import Viewer
from napari.layers import Layer

from napari_fcnseg.gui.overlay import still_selected

PAIR = -2  # layers of a cell, counted from the top one


class SideBySide:
    """Shows layers in cells that move together; everything else is hidden meanwhile.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._copies: list[Layer] = []
        self._seen: dict[Layer, bool] = {}
        self._grid: dict[str, object] = {}

    def show(self, image: Layer, layers: Sequence[Layer]) -> None:
        """Show `layers` from left to right, each over a copy of `image` that shares its pixels."""
        self.close()
        grid, shown = self._viewer.canvas.grid, self._viewer.layers
        self._grid = {name: getattr(grid, name) for name in ("stride", "shape", "enabled")}
        self._seen = {layer: layer.visible and layer not in layers for layer in shown}
        pixels, looks, kind = image.as_layer_data_tuple()
        for layer in shown:
            layer.visible = layer in layers
        with still_selected(self._viewer):
            for layer in reversed(layers):
                name = f"below {layer.name}"
                copy = Layer.create(pixels, {**looks, "name": name, "visible": True}, kind)
                shown.append(copy)
                self._copies.append(copy)
                shown.move(shown.index(layer), len(shown))
        grid.stride, grid.shape, grid.enabled = PAIR, (1, -1), True

    def close(self) -> None:
        """Show everything as it was; what was compared is hidden now."""
        if not self._grid:
            return
        for copy in self._copies:
            if copy in self._viewer.layers:
                self._viewer.layers.remove(copy)
        for layer, visible in self._seen.items():
            layer.visible = visible
        for name, value in self._grid.items():
            setattr(self._viewer.canvas.grid, name, value)
        self._copies, self._seen, self._grid = [], {}, {}
