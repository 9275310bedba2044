"""Labels that are open in a window, and the file that a script opens instead."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from napari_fcnseg.annotations.classes import SegClass, ngff_label
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.images.create import Sink
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import BLOCK, open_image
from napari_fcnseg.scripts.keep import keep_file, same_pixels

KIND = "labels"


def labels_file(
    labels: Image, classes: Iterable[SegClass], image: Image, path: Path | None, folder: Path
) -> Path:
    """Find the file of labels, or write one, with the names and colours of their classes.

    Parameters
    ----------
    labels
        Ids of classes, or of objects.
    classes
        That are painted; none for objects.
    image
        What was painted on.
    path
        OME-Zarr that is painted into, if they are in one.
    folder
        Takes a copy, if they are in none, or it has other names and colours.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    painted = [c for c in classes if c.id]
    if path and set(painted) <= set(known_classes(path)):
        return path
    ids = Image(labels.data, image.kept, *image.along(image.kept), image.name)

    def has_it(there: Path) -> bool:
        return known_classes(there) == painted and same_pixels(open_image(there), ids)

    def write(new: Path) -> None:
        windows, made = ids.blocks(BLOCK), {"kind": KIND, "image": image.name}
        with Sink(new, ids, windows.steps, ids.dtype, ngff_label(painted), made, False) as sink:
            for window in windows:
                block = ids.read(window)[0]
                if np.any(block):
                    sink.write(window, block)

    return keep_file(folder, f"{image.name} {KIND}", ".ome.zarr", has_it, write)
