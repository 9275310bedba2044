"""Open OME-Zarr in napari: labels as Labels with their classes, images with scale and units."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.classes import read_ngff_label
from napari_fcnseg.annotations.folder import KIND, paintable
from napari_fcnseg.errors import ImageError
from napari_fcnseg.gui.layers import class_table
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.zarr_reader import OURS, read_multiscale

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """Return the reader if `path` is an OME-Zarr image, else ``None``."""
    if isinstance(path, list):
        return None
    try:
        read_multiscale(Path(path))
    except ImageError:
        return None
    return read_ome_zarr


def read_ome_zarr(path: str | list[str]) -> list[LayerData]:
    """Read an OME-Zarr image lazily, with all its levels."""
    assert isinstance(path, str)
    levels, multiscale, attributes = read_multiscale(Path(path))
    image = open_image(path)
    shift = [0.0] * len(image.axes)
    for transform in multiscale["datasets"][0]["coordinateTransformations"]:
        if transform["type"] == "translation":
            shift = list(transform["translation"])
    meta: dict[str, Any] = {
        "name": image.name,
        "scale": image.scale,
        "translate": shift,
        "units": image.units,
        "axis_labels": tuple(image.axes.lower()),
    }
    data = levels if len(levels) > 1 else levels[0]
    described = attributes.get("ome", attributes).get("image-label")
    if described is None:
        return [(data, meta, "image")]
    if attributes.get(OURS, {}).get("kind") == KIND:
        data = paintable(Path(path))
    named = class_table(read_ngff_label(described))
    return [(data, meta | {"opacity": 0.5} | named, "labels")]
