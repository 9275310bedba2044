"""Layers of images that are computed from others, as they are looked at."""

import dask.array as da
import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer

from napari_fcnseg.gui.output import CHUNK
from napari_fcnseg.images.image import Image


def add_derived(viewer: Viewer, image: Image, source: ImageLayer | None) -> ImageLayer:
    """Add a lazy image as a layer, in the place of what it is made from.

    Parameters
    ----------
    viewer
        Where to.
    image
        Made from the pixels of `source`; perhaps of other size, or one channel of them.
    source
        Its layer, which is hidden; ``None`` for a file.
    """
    rgb = image.axes.endswith("C") and (source.rgb if source else image.channels in (3, 4))
    axes = image.axes[:-1] if rgb else image.axes
    chunks = tuple(CHUNK if a in "YX" else image.channels if rgb and a == "C" else 1
                   for a in image.axes)  # fmt: skip
    empty = np.empty((0,) * len(image.axes), image.dtype)
    scale, units = image.along(axes)
    layer = ImageLayer(
        da.from_array(image.data, chunks=chunks, name=False, meta=empty),
        name=image.name,
        scale=scale,
        units=units,
        axis_labels=tuple(axes.lower()),
        rgb=rgb,
        contrast_limits=source.contrast_limits if source and not rgb else None,
    )
    if source is not None:
        if layer.ndim == source.ndim:  # the borders of both lie on each other, not the middles
            layer.translate = source.translate + (layer.scale - source.scale) / 2
        source.visible = False
    viewer.add_layer(layer)
    return layer
