"""A file and its labels as layers, read as they are looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dask.array as da
from napari import Viewer
from napari.layers import Image as ImageLayer

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import ImageError
from napari_fcnseg.gui.output import CHUNK, written_labels
from napari_fcnseg.gui.overlay import add_labels, place
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.zarr_reader import is_zarr, read_multiscale

COLOURS = (3, 4)  # channels of RGB and RGBA


def show_file(
    viewer: Viewer,
    path: Path,
    labels: Path | None,
    axes: str | None = None,
    classes: Sequence[SegClass] = (),
) -> None:
    """Add layers of an image and, if there are any, its labels over it.

    Parameters
    ----------
    viewer
        Where to.
    path, axes
        Of the image; see `open_image`.
    labels
        Their file.
    classes
        Names and colours, where the file remembers none.

    Raises
    ------
    ImageError
        If the image cannot be opened.
    """
    image = open_image(path, axes=axes)
    _add_image(viewer, image, path)
    if labels:
        found = known_classes(labels) or classes
        add_labels(viewer, written_labels(labels), f"{image.name} segmented", found, image)


def _add_image(viewer: Viewer, image: Image, path: Path) -> list[ImageLayer]:
    """Add an image; each channel that is no colour is a layer, so that labels lie on them."""
    rgb = image.axes.endswith("C") and image.channels in COLOURS and image.dtype == "uint8"
    order = image.kept + "C" if rgb else "C" * ("C" in image.axes) + image.kept
    levels = [_lazy(level, image.axes, order, rgb) for level in _levels(image, path)]
    layers = viewer.add_image(
        levels if len(levels) > 1 else levels[0],
        name=image.name,
        multiscale=len(levels) > 1,
        rgb=rgb,
        channel_axis=0 if order.startswith("C") else None,
        **place(image, image.kept, None),
    )
    return layers if isinstance(layers, list) else [layers]


def _levels(image: Image, path: Path) -> list[Any]:
    """Return the pixels: of an OME-Zarr all levels, finest first."""
    if not is_zarr(path):
        return [image.data]
    try:
        return read_multiscale(path)[0]
    except ImageError:  # an array
        return [image.data]


def _lazy(level: Any, axes: str, order: str, rgb: bool) -> da.Array:
    """Return an array in another order of axes, which reads what is shown."""
    lengths = {"Y": CHUNK, "X": CHUNK, "C": -1 if rgb else 1}
    chunks = getattr(level, "chunks", None) or tuple(lengths.get(axis, 1) for axis in axes)
    array = da.from_array(level, chunks=chunks, name=False)
    turned: da.Array = array.transpose([axes.index(axis) for axis in order])
    return turned
