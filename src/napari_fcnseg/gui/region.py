"""Which part of a layer is meant."""

import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Shapes

from napari_fcnseg.errors import ImageError
from napari_fcnseg.gui.layers import visible_part
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image

WHOLE, SLICE, SCREEN, SHAPE = "all of it", "the current slice", "what is on screen", "a shape"
REGIONS = (WHOLE, SLICE, SCREEN, SHAPE)


def chosen_region(
    region: str, viewer: Viewer, layer: Labels | ImageLayer, image: Image
) -> Spans | None:
    """Spans of a region along the kept axes of `image`; ``None`` for all of it.

    Raises
    ------
    ImageError
        If a shape is meant and there is none over the image.
    """
    if region == WHOLE:
        return None
    if region == SHAPE:
        return _box_of_shape(viewer, layer, image)
    seen = visible_part(viewer, layer, image, most=max(image.shape))
    if region == SCREEN:
        return seen
    whole = zip(image.kept, image.kept_shape, seen, strict=True)
    return tuple((0, n) if a in "YX" else span for a, n, span in whole)


def _box_of_shape(viewer: Viewer, layer: Labels | ImageLayer, image: Image) -> Spans:
    """Bounding box over all slices of the selected shape, or the one drawn last."""
    shapes = [s for s in viewer.layers if isinstance(s, Shapes) and len(s.data)]
    if not shapes:
        raise ImageError(
            "there is no shape: add a Shapes layer, draw a rectangle over the image and try again"
        )
    chosen = max(shapes[-1].selected_data, default=len(shapes[-1].data) - 1)
    corners = [shapes[-1].data_to_world(corner) for corner in shapes[-1].data[chosen]]
    points = np.array([layer.world_to_data(c[-layer.ndim :]) for c in corners])
    spans = []
    for axis, n in zip(image.kept, image.kept_shape, strict=True):
        at = points[:, image.axes.index(axis)] if axis in "YX" else np.array([0, n])
        span = int(max(0, np.floor(at.min()))), int(min(n, np.ceil(at.max())))
        if span[0] >= span[1]:
            raise ImageError(
                f"the shape in the layer {shapes[-1].name} lies outside {image.name}: draw a "
                "rectangle over the image"
            )
        spans.append(span)
    return tuple(spans)
