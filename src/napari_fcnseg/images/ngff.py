"""Metadata of OME-Zarr, 0.4 and 0.5, and labels inside of an image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import zarr
from ome_zarr_models import v04, v05

from napari_fcnseg.errors import OutputError
from napari_fcnseg.images.chunks import Level
from napari_fcnseg.images.output import OutputSpec
from napari_fcnseg.images.zarr_reader import is_zarr

Ngff = Literal["0.4", "0.5"]
FORMATS = {"0.4": 2, "0.5": 3}  # of Zarr
LABELS = "labels"  # folder of an image
TYPES = {"T": "time", "C": "channel"}


def check_ngff(version: str) -> None:
    """Raise `OutputError` unless `version` is one that can be written."""
    if version not in FORMATS:
        raise OutputError(f"ngff = {version!r}: choose one of {', '.join(get_args(Ngff))}")


def image_of(path: Path) -> Path | None:
    """OME-Zarr image whose labels `path` is, by its name, to be among."""
    image = path.parent.parent
    return image if path.parent.name == LABELS and is_zarr(image) else None


def image_version(image: Path) -> str:
    """NGFF version of an OME-Zarr image.

    Raises
    ------
    OutputError
        If it is none, or of a version that cannot be written.
    """
    attributes: dict[str, Any] = zarr.open_group(image, mode="r").attrs.asdict()
    multiscales = attributes.get("ome", attributes).get("multiscales")
    found = attributes.get("ome", {}).get("version") or "0.4"
    if not multiscales or found not in FORMATS:
        raise OutputError(
            f"{image} is no OME-Zarr image of version {' or '.join(FORMATS)}: labels cannot be put "
            "into it"
        )
    return str(found)


def describe_image(spec: OutputSpec, levels: Sequence[Level]) -> dict[str, Any]:
    """Attributes that make a group of levels an image, or a label image."""
    kind: Any = v05 if spec.ngff == "0.5" else v04
    axes = tuple(
        kind.axes.Axis(name=a.lower(), type=TYPES.get(a, "space"), unit=None if u == "pixel" else u)
        for a, u in zip(spec.axes, spec.units, strict=True)
    )
    corner = [o * s for o, s in zip(spec.origin, spec.scale, strict=True)]
    datasets = tuple(
        kind.multiscales.Dataset.build(
            path=str(number),
            scale=[*spec.scale[:-2], *(s * level.step for s in spec.scale[-2:])],
            translation=corner if any(corner) else None,
        )
        for number, level in enumerate(levels)
    )
    # 0.5 tells its version of the whole, 0.4 of each multiscale.
    whole, each = {"version": spec.ngff}, dict[str, str]()
    if spec.ngff == "0.4":
        whole, each = each, whole
    scales = [kind.multiscales.Multiscale(axes=axes, datasets=datasets, name=spec.name, **each)]
    given: dict[str, Any] = {"multiscales": scales, **whole}
    model = kind.image.ImageAttrs
    if spec.image_label is not None:
        given["image-label"] = {**spec.image_label, "version": spec.ngff}
        model = kind.image_label.ImageLabelAttrs
    attributes = model.model_validate(given)
    plain: dict[str, Any] = attributes.model_dump(by_alias=True, exclude_none=True, mode="json")
    return {"ome": plain} if spec.ngff == "0.5" else plain


def enter_labels(image: Path, name: str) -> None:
    """Add a name to the list of an image's labels."""
    version = image_version(image)
    group = zarr.open_group(image / LABELS, mode="a", zarr_format=FORMATS[version])  # type: ignore[arg-type]
    attributes = group.attrs.asdict()
    listed: Any = attributes.get("ome", attributes) if version == "0.5" else attributes
    names = [*(n for n in listed.get(LABELS, []) if n != name), name]
    entered = {**listed, LABELS: names}
    group.attrs.update({"ome": {**entered, "version": version}} if version == "0.5" else entered)
