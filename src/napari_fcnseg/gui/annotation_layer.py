"""The Labels layer that a person paints on: made anew, or opened again from its folder."""

from pathlib import Path

import numpy as np
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.folder import annotation_path, open_folder
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.annotations.stored_classes import folder_of
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.layers import layer_data
from napari_fcnseg.gui.output import MOST_IN_MEMORY
from napari_fcnseg.gui.overlay import add_labels
from napari_fcnseg.images.image import Image

FIRST = (default_class(1, "background"), default_class(2, "object"))
EASY = 2**28  # pixels; annotations up to this size are kept in memory unless a folder is wanted


def fits_easily(layer: ImageLayer) -> bool:
    """Whether an image is in memory, and labels of it fit beside it."""
    data = layer_data(layer)
    return not layer.multiscale and isinstance(data, np.ndarray) and data.size <= EASY


def can_be_painted(layer: Layer) -> bool:
    """Whether a Labels layer takes strokes."""
    if not isinstance(layer, Labels) or layer.multiscale or not layer.editable:
        return False
    return layer.data.dtype.kind in "iu" and not getattr(layer.data, "read_only", False)


def new_annotation(
    viewer: Viewer, source: ImageLayer, image: Image, folder: Path | None
) -> tuple[Labels, Path | None]:
    """Add a layer to paint on, or show the one that is there.

    Parameters
    ----------
    viewer
        Where to.
    source, image
        The layer that is painted on, and what it shows.
    folder
        Project folder that keeps the strokes; ``None`` for memory.

    Returns
    -------
    layer : napari.layers.Labels
    path : Path or None
        Of the strokes.

    Raises
    ------
    AnnotationError
        If the folder has strokes on another image, or labels are too many for memory.
    OutputError
        If it cannot be written.
    """
    name = f"{source.name} annotation"
    if folder is None:
        if np.prod(image.kept_shape, dtype=float) > MOST_IN_MEMORY:
            raise AnnotationError(
                f"labels of {source.name} are too large for memory: take a folder"
            )
        zeros = np.zeros(image.kept_shape, np.uint8)
        return add_labels(viewer, zeros, name, FIRST, image, source, painted=True), None
    path = annotation_path(folder, image)
    array = open_folder(path, image, FIRST)
    for layer in viewer.layers:
        if isinstance(layer, Labels) and can_be_painted(layer) and folder_of(layer.data) == path:
            viewer.layers.selection = {layer}
            return layer, path
    classes = known_classes(path) or FIRST
    return add_labels(viewer, array, name, classes, image, source, painted=True), path
