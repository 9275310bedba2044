"""Moves napari's camera to a region of a layer."""

import numpy as np
from napari import Viewer
from napari.layers import Layer

from napari_fcnseg.images.grid import Spans

ROOM = 3.0  # of what is shown to the region: its surroundings say what it is


def show_region(viewer: Viewer, layer: Layer, spans: Spans) -> None:
    """Go to the slice of a region, and show it with what is around it.

    Parameters
    ----------
    viewer
        Whose camera is moved.
    layer
        Has the region.
    spans
        ``(start, stop)`` in pixels of the layer, one pair for each of its axes.
    """
    middle = [(start + stop - 1) / 2 for start, stop in spans]
    offset = viewer.dims.ndim - layer.ndim
    world = np.asarray(layer.data_to_world(middle))
    hidden = [axis for axis in viewer.dims.not_displayed if axis >= offset]
    viewer.dims.set_point(hidden, [world[axis - offset] for axis in hidden])
    shown = [axis - offset for axis in viewer.dims.displayed if axis >= offset]
    viewer.scene.camera.center = tuple(world[axis] for axis in shown)
    sizes = [(spans[a][1] - spans[a][0]) * abs(layer.scale[a]) for a in shown[-2:]]
    along = zip(viewer.canvas.size, sizes, strict=True)
    viewer.scene.camera.zoom = min(pixels / (ROOM * size) for pixels, size in along)
