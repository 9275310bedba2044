"""Names and colours of classes in the metadata of a label image on the disk."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zarr
from zarr.storage import LocalStore

from napari_fcnseg.annotations.classes import SegClass, ngff_label
from napari_fcnseg.errors import MAKE_ROOM, OutputError
from napari_fcnseg.images.output import sync
from napari_fcnseg.images.zarr_reader import MARKERS, is_zarr


def folder_of(array: Any) -> Path | None:
    """Folder of the label image on this disk whose pixels `array` is, if it is of one."""
    if not isinstance(array, zarr.Array) or not isinstance(array.store, LocalStore):
        return None
    folder = Path(array.store.root, array.path).parent
    if not is_zarr(folder):
        return None
    attributes: dict[str, Any] = zarr.open(folder, mode="r").attrs.asdict()
    return folder if "image-label" in attributes.get("ome", attributes) else None


def write_classes(folder: Path, classes: Iterable[SegClass]) -> None:
    """Put names and colours of classes into the metadata of a label image.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        group = zarr.open_group(folder, mode="r+")
        attributes: dict[str, Any] = group.attrs.asdict()
        whole = attributes.get("ome", attributes)
        whole["image-label"] = {**whole["image-label"], **ngff_label(classes)}
        group.attrs.update({"ome": whole} if "ome" in attributes else whole)
        sync_metadata(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write the classes into {folder}: {error}; {MAKE_ROOM}"
        ) from error


def sync_metadata(*folders: Path) -> None:
    """Wait until the disk has the metadata of groups and arrays."""
    for folder in folders:
        for file in folder.iterdir():
            if file.name in MARKERS:
                sync(file)
