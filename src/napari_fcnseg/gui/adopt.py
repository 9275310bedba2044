"""Takes parts of a prediction over into the layer that is painted on, in one step to undo."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_fcnseg.annotations.adopt import adopted
from napari_fcnseg.annotations.classes import MAX_ID, SegClass
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.layers import class_names, layer_classes, layer_data
from napari_fcnseg.images.grid import Spans

MOST = 2**24  # pixels in one step: where each of them is, is kept to be undone
SAME = 1e-3  # pixels by which two grids may differ


@dataclass(frozen=True)
class Adoption:
    """What to adopt.

    Attributes
    ----------
    spans
        Where, in pixels of the layer that is painted on.
    only
        One id of the prediction; ``None`` for all.
    under
        A position in the world: the id that the prediction has there.
    connected
        Of that id only what is connected with the pixel there.
    as_class
        Id that is painted; ``None`` for that of the prediction.
    replace
        Also where something is painted.
    """

    spans: Spans
    only: int | None = None
    under: tuple[float, ...] | None = None
    connected: bool = False
    as_class: int | None = None
    replace: bool = False


def adopt(layer: Labels, prediction: Labels, wanted: Adoption) -> dict[int, int]:
    """Paint what is wanted of a prediction; return how many pixels of each id that were.

    Raises
    ------
    AnnotationError
        If the layers do not fit, or classes are not the same ones.
    """
    shift = _shift(layer, prediction)
    shape = layer_data(prediction).shape
    spans = [
        (max(start, -by), min(stop, n - by))
        for (start, stop), by, n in zip(wanted.spans, shift, shape, strict=True)
    ]
    if any(start >= stop for start, stop in spans):
        raise AnnotationError(f"the layer {prediction.name} does not reach here: go where it does")
    there = tuple(slice(a + by, b + by) for (a, b), by in zip(spans, shift, strict=True))
    predicted = np.asarray(layer_data(prediction)[there])
    painted = np.asarray(layer.data[tuple(slice(*span) for span in spans)])
    seed = None
    if wanted.under is not None:
        at = np.round(layer.world_to_data(wanted.under[-layer.ndim :])).astype(int)
        seed = tuple((at - [start for start, _ in spans]).tolist())
        if not all(0 <= i < n for i, n in zip(seed, predicted.shape, strict=True)):
            raise AnnotationError(f"the cursor is beside the layer {prediction.name}")
    mask = adopted(predicted, painted, wanted.only, seed, wanted.connected, wanted.replace)
    where = np.nonzero(mask)
    if len(where[0]) > MOST:
        raise AnnotationError(
            f"{len(where[0]):,} pixels are too many for one step that can be undone: zoom in and "
            "adopt what is on screen"
        )
    values = predicted[mask]
    if wanted.as_class is not None:
        values = np.full_like(values, wanted.as_class)
    else:
        _check_ids(layer, prediction, np.unique(values))
    indices = tuple(i + start for i, (start, _) in zip(where, spans, strict=True))
    layer.data_setitem(indices, values.astype(layer.data.dtype))
    ids, counts = np.unique(values, return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _shift(layer: Labels, prediction: Labels) -> list[int]:
    """Position of the layer's first pixel in the prediction.

    Raises
    ------
    AnnotationError
        If pixels of one are not pixels of the other.
    """
    if layer.ndim == prediction.ndim:
        corners = [np.full(layer.ndim, i) for i in (0.0, 1.0)]
        first, next_one = (
            np.asarray(prediction.world_to_data(layer.data_to_world(c))) for c in corners
        )
        same = np.allclose(next_one - first, 1, atol=SAME)
        if same and np.allclose(first, np.round(first), atol=100 * SAME):
            return [int(i) for i in np.round(first)]
    raise AnnotationError(
        f"the pixels of {prediction.name} are not those of {layer.name} (another scale, place or "
        "number of dimensions): segment the image that is painted on"
    )


def _check_ids(layer: Labels, prediction: Labels, ids: NDArray[Any]) -> None:
    """Raise `AnnotationError` if an id is none of a class, or is another class here."""
    way_out = "adopt it as a class of the annotation, under 'as'"
    if ids.size and ids[-1] > MAX_ID:
        raise AnnotationError(
            f"{prediction.name} has the id {ids[-1]}, of an object; classes go from 1 to {MAX_ID}: "
            f"{way_out}"
        )
    here, there = class_names(layer), class_names(prediction)
    for i in ids.tolist():
        if i in here and i in there and here[i] != there[i]:
            raise AnnotationError(
                f"id {i} is {there[i]!r} in {prediction.name} and {here[i]!r} in {layer.name}: "
                f"rename the class, or {way_out}"
            )


def new_classes(layer: Labels, prediction: Labels, ids: Iterable[int]) -> list[SegClass]:
    """Classes of adopted ids that the layer does not name yet, as the prediction shows them."""
    return layer_classes(prediction, [i for i in ids if i not in class_names(layer)])
