"""Between napari's layers and the engine's images, classes and labels."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_fcnseg.annotations.classes import SegClass, default_class
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import AxesError
from napari_fcnseg.images.axes import KNOWN, READINGS, kept_axes
from napari_fcnseg.images.grey import reduce_colour
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image


def layer_data(layer: Layer) -> Any:
    """Pixels of a layer; the finest level of a pyramid."""
    return layer.data[0] if layer.multiscale else layer.data


def known_axes(layer: ImageLayer) -> str | None:
    """Axes of a layer, if its labels or its number of dimensions say them."""
    shape = layer_data(layer).shape
    plain = "YX" if layer.ndim == 2 else "".join(str(a).upper() for a in layer.axis_labels)
    axes = plain + "C" * (len(shape) > layer.ndim)
    return axes if len(axes) == len(shape) and set(axes) <= set(KNOWN) else None


def possible_axes(layer: ImageLayer) -> list[str]:
    """List the readings of a layer's axes that fit its dimensions."""
    rgb = len(layer_data(layer).shape) > layer.ndim
    readings = ["YX", *READINGS, "YXC"]
    fits = (a for a in readings if len(a) == layer.ndim + rgb and a.endswith("C") == rgb)
    return list(dict.fromkeys(fits))


def layer_image(layer: ImageLayer, axes: str) -> Image:
    """Open the pixels of a layer as a lazy image, with its scale and units.

    Raises
    ------
    AxesError
        If the axes are in an order that a Labels layer over it could not have.
    """
    image = layer_pixels(layer, axes)
    return reduce_colour(image, None) if layer.rgb else image


def layer_pixels(layer: ImageLayer, axes: str) -> Image:
    """Open the pixels of a layer with all their colours; nothing is read. See `layer_image`."""
    data = layer_data(layer)
    kept = axes.replace("C", "")
    if kept != kept_axes(axes):
        raise AxesError(
            f"the layer {layer.name} has the axes {axes}; put them in the order TZYX first, for "
            "example with numpy.transpose"
        )
    along = zip(layer.scale, layer.units, strict=True)
    sizes = dict(zip(axes.replace("C", "") if layer.rgb else axes, along, strict=True))
    pixel = {a: (float(s), str(u)) for a, (s, u) in sizes.items()}
    return Image(
        data,
        axes,
        tuple(pixel.get(a, (1.0, "pixel"))[0] for a in axes),
        tuple(pixel.get(a, (1.0, "pixel"))[1] for a in axes),
        layer.name,
    )


def fitting_image(layer: ImageLayer | None, labels: Image) -> Image | None:
    """Open an image layer if it has the size of `labels`, and known axes or the same ones."""
    if layer is None:
        return None
    alike = tuple(layer_data(layer).shape) == labels.kept_shape
    axes = known_axes(layer) or (labels.kept if alike else None)
    image = layer_image(layer, axes) if axes else None
    return image if image and image.kept_shape == labels.kept_shape else None


def labels_image(layer: Labels) -> Image:
    """Open the ids of a Labels layer, with its scale and units; axes are told or the usual ones."""
    data = layer_data(layer)
    told = "".join(str(a).upper() for a in layer.axis_labels)
    known = set(told) <= set("TZYX") and kept_axes(told) == told and len(told) == layer.ndim
    axes = told if known else "TZYX"[4 - layer.ndim :]
    scale, units = tuple(map(float, layer.scale)), tuple(map(str, layer.units))
    return Image(data, axes, scale, units, layer.name)


def class_names(layer: Layer) -> dict[int, str]:
    """Names of classes by id: those in the features of a layer, or those its file remembers."""
    if isinstance(layer, Labels) and {"index", "class"} <= set(layer.features):
        return dict(zip(layer.features["index"], layer.features["class"], strict=True))
    return {c.id: c.name for c in known_classes(layer_path(layer))}


def layer_path(layer: Layer) -> Path | None:
    """File that a layer was opened from, if any."""
    return Path(layer.source.path) if layer.source.path else None


def layer_classes(layer: Labels, ids: Iterable[int]) -> list[SegClass]:
    """Classes of a Labels layer: names from its features, colours as they are shown."""
    names = class_names(layer)
    found = []
    for i in ids:
        colour = layer.get_color(i)
        rgb = [round(255 * float(c)) for c in (colour if colour is not None else (0, 0, 0))[:3]]
        name = str(names.get(i, default_class(i).name))
        found.append(SegClass(int(i), name, "#{:02x}{:02x}{:02x}".format(*rgb)))
    return found


def class_table(classes: Sequence[SegClass]) -> dict[str, Any]:
    """Arguments of a Labels layer with the names and colours of `classes`; none for objects."""
    if not classes:
        return {}
    colours: dict[int | None, Any] = {c.id: np.array(c.rgba) / 255 for c in classes if c.id}
    return {
        "colormap": DirectLabelColormap(color_dict=colours | {None: "transparent"}),
        "features": pd.DataFrame(
            {"index": [c.id for c in classes], "class": [c.name for c in classes]}
        ),
    }


def show_classes(layer: Labels, classes: Sequence[SegClass]) -> None:
    """Give a Labels layer the names and colours of `classes`."""
    for name, value in class_table(classes).items():
        setattr(layer, name, value)


def visible_part(viewer: Viewer, layer: Labels | ImageLayer, image: Image, most: int) -> Spans:
    """Tell what of the current slice is on screen, at most `most` pixels wide and high.

    Returns
    -------
    Spans
        Along the kept axes of `image`.
    """
    position = layer.world_to_data(viewer.dims.point[-layer.ndim :])
    spans = []
    for axis in image.kept:
        n, dim = image.sizes[axis], image.axes.index(axis)
        if axis in "YX":
            factor = layer.downsample_factors[layer.data_level][dim] if layer.multiscale else 1
            low, high = (int(c[dim] * factor) for c in layer.corner_pixels)
            low, high = max(0, low), min(n, high + 1)
            if high <= low:
                low, high = 0, n
            middle = (low + high) // 2
            spans.append((max(low, middle - most // 2), min(high, middle + most // 2)))
        else:
            at = int(np.clip(round(float(position[dim])), 0, n - 1))
            spans.append((at, at + 1))
    return tuple(spans)
