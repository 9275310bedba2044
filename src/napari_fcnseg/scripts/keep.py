"""Files for what is only in memory, so that a script finds it again."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import BLOCK
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.library import file_names
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model


def keep_file(
    folder: Path,
    name: str,
    suffix: str,
    has_it: Callable[[Path], bool],
    write: Callable[[Path], object],
) -> Path:
    """Return a file of `folder` that has something; it is written, if there is none.

    Nothing is replaced: if another file has the name, the next one gets a number.

    Parameters
    ----------
    folder, name, suffix
        Make up the path.
    has_it
        Whether a file that is there has it already.
    write
        Writes it to a new file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    for path in file_names(folder, name, suffix):
        if _is_free(path):
            write(path)
            break
        with suppress(FcnsegError):  # something else is there
            if has_it(path):
                break
    return path


def free_file(folder: Path, name: str, suffix: str) -> Path:
    """Return a path in `folder` at which there is no file."""
    return next(path for path in file_names(folder, name, suffix) if _is_free(path))


def keep_model(model: Model, folder: Path) -> Path:
    """Return a file of `folder` that has a model.

    Raises
    ------
    ModelError
        If it is one of another tool.
    OutputError
        If it cannot be written.
    """

    def has_it(path: Path) -> bool:
        there = load_model(path)
        return (fingerprint(there), there.classes) == (fingerprint(model), model.classes)

    return keep_file(folder, model.name, ".zip", has_it, model.save)


def same_pixels(one: Image, other: Image) -> bool:
    """Whether two images have the same pixels, in whatever order their axes are."""
    if (one.kept, one.kept_shape, one.channels) != (other.kept, other.kept_shape, other.channels):
        return False
    nan = one.dtype.kind == "f"
    return one.dtype == other.dtype and all(
        np.array_equal(one.read(window), other.read(window), equal_nan=nan)
        for window in one.blocks(BLOCK)
    )


def _is_free(path: Path) -> bool:
    return not path.exists() and not partial_path(path).exists()
