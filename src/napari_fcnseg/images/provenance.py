"""What an output of ours remembers of how it was made."""

from pathlib import Path
from typing import Any

import zarr

from napari_fcnseg.images.zarr_reader import is_zarr

NAME = "napari-fcnseg"  # of the attribute


def read_provenance(path: Path | None) -> dict[str, Any]:
    """Version, model, kind and classes of an OME-Zarr that `predict` wrote; else nothing."""
    if path is None or not path.is_dir() or not is_zarr(path):
        return {}
    node: Any = zarr.open(path, mode="r")
    return dict(node.attrs.asdict().get(NAME, {}))
