"""Points layers as annotations: what is clicked, in which class, and how large it is shown."""

from dataclasses import replace

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Points as PointsLayer

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.annotations.points import Points
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

CLASS = "class"  # feature of a point


def layer_points(layer: PointsLayer, source: ImageLayer, image: Image) -> Points:
    """Points of a layer, in pixels of `image`; each labels the disk that is seen.

    The class of a point is its feature ``class``, or the only feature. Points without
    features are told apart by their colours.

    Parameters
    ----------
    layer
        What was clicked.
    source
        Layer of the image; the two may be scaled and placed differently.
    image
        The image.

    Raises
    ------
    AnnotationError
        If there are no points, or the class of one is not known.
    """
    name = f"layer {layer.name!r}"
    if not len(layer.data):
        raise AnnotationError(f"the {name} has no points: add some in each class")
    shown = np.asarray(layer.shown, bool)
    if not shown.all():
        raise AnnotationError(f"some points of the {name} are hidden: show or remove them first")
    if layer.ndim < source.ndim:
        raise AnnotationError(
            f"the {name} has {layer.ndim} dimensions, the image {source.ndim}: the slices of its "
            "points are not known: click in a new Points layer"
        )
    world = [layer.data_to_world(p)[-source.ndim :] for p in layer.data]
    at = np.array([source.world_to_data(p) for p in world])
    kept = [image.axes.index(a) for a in image.kept]
    pixel = abs(layer.scale[-1] / source.scale[-1])
    radius = np.asarray(layer.size, np.float64) * pixel / 2
    points = Points.named(at[:, kept], _classes(layer, name), radius, name)
    return replace(points, classes=_coloured(points, layer))


def _classes(layer: PointsLayer, name: str) -> list[str]:
    """Class of each point, as a text."""
    features = layer.features
    column = CLASS if CLASS in features else features.columns[0] if features.shape[1] == 1 else None
    if column is not None:
        return ["" if v is None or v != v else str(v) for v in features[column]]
    colours = [tuple(c) for c in np.round(layer.face_color, 3).tolist()]
    order = list(dict.fromkeys(colours))
    if len(order) < 2:
        raise AnnotationError(
            f"the points of the {name} have no class: give each class its own face colour, or the "
            f"layer a feature {CLASS!r}"
        )
    return [str(order.index(c) + 1) for c in colours]


def _coloured(points: Points, layer: PointsLayer) -> tuple[SegClass, ...]:
    """Classes in the colours of their first points, where those differ."""
    first = {c.id: layer.face_color[int(np.argmax(points.ids == c.id))] for c in points.classes}
    found = {
        i: "#{:02x}{:02x}{:02x}".format(*np.round(255 * c[:3]).astype(int))
        for i, c in first.items()
    }
    if len(set(found.values())) < len(found):
        return points.classes
    return tuple(SegClass(c.id, c.name, found[c.id]) for c in points.classes)
