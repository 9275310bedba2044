"""Layers that lie on others, with their place in the world."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from napari import Viewer
from napari.layers import Labels, Layer
from qtpy.QtCore import QTimer

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image


def add_labels(
    viewer: Viewer,
    data: Any,
    name: str,
    classes: Sequence[SegClass] | Labels,
    image: Image,
    source: Layer | None = None,
    region: Spans | None = None,
    painted: bool = False,
) -> Labels:
    """Add labels of `image` that lie on it: its scale, place, units and axis labels.

    Parameters
    ----------
    viewer
        Where to.
    data
        An array, or the levels of a pyramid.
    name
        Of the layer.
    classes
        Whose names and colours it shows: classes, or those of another layer. None: each id has a
        colour of its own.
    image
        What is labelled.
    source
        Its layer, if it has one.
    region
        Part of the image that `data` holds; by default all.
    painted
        Whether it is there to be painted on.
    """
    if isinstance(classes, Labels):
        table: dict[str, Any] = {"colormap": classes.colormap, "features": classes.features}
    else:
        table = class_table(classes)
    layer = Labels(
        data,
        name=name,
        opacity=0.5,
        multiscale=isinstance(data, list),
        **table,
        **place(image, image.kept, source, region),
    )
    layer.editable = painted  # what was computed is not mixed with what a person painted
    if painted:
        viewer.add_layer(layer)
    else:
        _add_in_two_turns(viewer, layer)
    return layer


def _add_in_two_turns(viewer: Viewer, layer: Layer) -> None:
    """Add a layer now and draw it in the next turn: both at once would stop the window for long."""
    layer.visible = False
    viewer.add_layer(layer)
    QTimer.singleShot(0, partial(setattr, layer, "visible", True))


def place(
    image: Image, axes: str, source: Layer | None, region: Spans | None = None
) -> dict[str, Any]:
    """Arguments of a layer that lies on an image: scale, place, units and axis labels.

    Parameters
    ----------
    image
        What it lies on.
    axes
        Of the image, those that the layer has.
    source
        The layer of the image, if it has one.
    region
        Part of the image that the layer holds, along its kept axes; by default all.
    """
    starts = {a: start for a, (start, _) in zip(image.kept, region or (), strict=bool(region))}
    corner = [starts.get(a, 0) for a in axes]
    if source is None:
        scale, units = image.along(axes)
        return {
            "scale": scale,
            "units": units,
            "translate": np.multiply(scale, corner),
            "axis_labels": tuple(axes.lower()),
        }
    dims = [i for i, a in enumerate(image.axes[: source.ndim]) if a in axes]
    placed = {
        "scale": source.scale[dims],
        "units": [source.units[i] for i in dims],
        "translate": source.translate[dims] + source.scale[dims] * corner,
        "axis_labels": [source.axis_labels[i] for i in dims],
    }
    if len(dims) == source.ndim and not any(corner):
        placed |= {n: getattr(source, n) for n in ("affine", "rotate", "shear")}
    return placed


def follow(
    layer: Layer, image: Image, axes: str, source: Layer | None, region: Spans | None = None
) -> None:
    """Put a layer where its image is now, if that was moved or scaled; parameters as `place`."""
    for name, value in place(image, axes, source, region).items():
        if not _alike(getattr(layer, name), value):
            setattr(layer, name, value)


def _alike(one: Any, other: Any) -> bool:
    return np.array_equal(*(getattr(x, "affine_matrix", x) for x in (one, other)))


@contextmanager
def still_selected(viewer: Viewer) -> Iterator[None]:
    """Keep what is selected, while layers are added: a person goes on painting."""
    layers = viewer.layers
    selected, active = set(layers.selection), layers.selection.active
    yield
    layers.selection = selected
    layers.selection.active = active
