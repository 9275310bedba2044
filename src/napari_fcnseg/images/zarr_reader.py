"""Zarr 2 and 3 arrays, OME-Zarr 0.4 and 0.5 images."""

from pathlib import Path
from typing import Any

import zarr
from ome_zarr_models import open_ome_zarr

from napari_fcnseg.errors import COPY_AGAIN, ImageError
from napari_fcnseg.images.axes import KNOWN, ambiguous
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.units import unit_name

OURS = "napari-fcnseg"  # attribute in which an output tells how it was made
MARKERS = ("zarr.json", ".zarray", ".zgroup", ".zattrs")


def is_zarr(path: Path) -> bool:
    """Whether the folder `path` is a Zarr array or group."""
    return any((path / marker).exists() for marker in MARKERS)


def open_zarr(path: Path, axes: str | None, level: int) -> Image:
    """Open a Zarr array, or one level of an OME-Zarr image."""
    try:
        node = zarr.open(path, mode="r")
    except Exception as error:  # zarr's errors differ by format and version
        raise ImageError(f"{path} cannot be opened as Zarr: {error}; {COPY_AGAIN}") from error
    if isinstance(node, zarr.Array):
        if axes is None:
            axes = array_axes(node, str(path))
        return Image(node, axes, name=_name(path))
    return _open_ome_zarr(path, axes, level)


def array_axes(array: "zarr.Array[Any]", source: str) -> str:
    """Axes from the array's dimension names; an error where they say nothing."""
    if array.metadata.zarr_format == 3:
        names: Any = array.metadata.dimension_names or ()
    else:  # xarray's convention
        names = array.attrs.get("_ARRAY_DIMENSIONS", ())
    letters = "".join(str(name).upper() for name in names)
    if len(letters) == array.ndim and set(letters) <= set(KNOWN):
        return letters
    if array.ndim == 2:
        return "YX"
    raise ambiguous(array.shape, source, ", ".join(map(str, names)))


def read_levels(path: Path) -> list[Any]:
    """Open the arrays ``0``, ``1``, ... of a group, whether or not it is an image yet."""
    group = zarr.open_group(path, mode="r")
    return [group[str(number)] for number in range(len(list(group.array_keys())))]


def read_multiscale(path: Path) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """Read what an OME-Zarr image is made of.

    Returns
    -------
    levels : list of zarr.Array
        Finest first.
    multiscale : dict
        Metadata of the (first) image: axes and datasets.
    attributes : dict
        All attributes of the group, those of NGFF at the top in version 0.4 and under
        ``"ome"`` in 0.5.
    """
    try:
        group = zarr.open_group(path, mode="r")
    except Exception as error:  # zarr's errors differ by format and version
        raise ImageError(
            f"{path} cannot be opened as a Zarr group: {error}; {COPY_AGAIN}"
        ) from error
    attributes: dict[str, Any] = group.attrs.asdict()
    if "multiscales" not in attributes.get("ome", attributes):
        inside = ", ".join(sorted(name for name, _ in group.members())) or "nothing"
        raise ImageError(
            f"{path} is a Zarr group without an OME-Zarr image; it holds {inside}. "
            "Open one of those"
        )
    try:
        model: Any = open_ome_zarr(group)
    except RuntimeError as error:
        raise ImageError(
            f"{path} is not valid OME-Zarr 0.4 or 0.5 ({_last_line(error)}). Open its "
            f"arrays one by one, for example {path}/0, with axes stated"
        ) from error
    multiscales = model.ome_attributes.model_dump(by_alias=True)["multiscales"]
    levels = [group[dataset["path"]] for dataset in multiscales[0]["datasets"]]
    return levels, multiscales[0] | {"images": len(multiscales)}, attributes


def _open_ome_zarr(path: Path, axes: str | None, level: int) -> Image:
    levels, multiscale, _ = read_multiscale(path)
    if not 0 <= level < len(levels):
        raise ImageError(
            f"{path} has {len(levels)} levels; level {level} is not there: give one from 0 to "
            f"{len(levels) - 1}"
        )
    array = levels[level]
    if axes is None:
        axes = "".join(str(axis["name"]).upper() for axis in multiscale["axes"])
        if not set(axes) <= set(KNOWN) or len(axes) != array.ndim:
            raise ambiguous(array.shape, str(path), axes)
    scale = [1.0] * array.ndim
    transforms = [*multiscale["datasets"][level]["coordinateTransformations"]]
    transforms += multiscale.get("coordinateTransformations") or []
    for transform in transforms:
        if transform["type"] == "scale":
            scale = [s * float(f) for s, f in zip(scale, transform["scale"], strict=True)]
    units = tuple(unit_name(axis.get("unit")) for axis in multiscale["axes"])
    count = multiscale["images"]
    notes = (f"{path.name} holds {count} images: the first is read",) * (count > 1)
    return Image(array, axes, tuple(scale), units, _name(path), notes)


def _name(path: Path) -> str:
    return path.resolve().name.split(".")[0]


def _last_line(error: BaseException) -> str:
    return [line for line in str(error).splitlines() if line.strip()][-1].strip()
