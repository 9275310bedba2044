"""Classes that a file remembers: of a prediction, or of a label image of NGFF."""

from pathlib import Path
from typing import Any

import zarr

from napari_fcnseg.annotations.classes import SegClass, default_class, read_ngff_label
from napari_fcnseg.images.zarr_reader import OURS, is_zarr


def known_classes(path: Path | None) -> list[SegClass]:
    """Classes of an OME-Zarr, with their colours if it has some; of other files none."""
    if path is None or not path.is_dir() or not is_zarr(path):
        return []
    attributes: dict[str, Any] = zarr.open(path, mode="r").attrs.asdict()
    described = attributes.get("ome", attributes).get("image-label")
    if described and (found := read_ngff_label(described)):
        return [c for c in found if c.id]
    listed = attributes.get(OURS, {}).get("classes", [])
    return [default_class(c["id"], c["name"]) for c in listed if c["id"]]
