"""Strokes on the disk: an OME-Zarr label image that is painted into, chunk by chunk."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from napari_fcnseg.annotations.classes import SegClass, ngff_label
from napari_fcnseg.annotations.stored_classes import sync_metadata
from napari_fcnseg.errors import MAKE_ROOM, AnnotationError, ImageError, OutputError
from napari_fcnseg.images.chunks import Level
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.ngff import describe_image
from napari_fcnseg.images.output import OutputSpec, partial_path, remove, sync
from napari_fcnseg.images.zarr_reader import OURS, is_zarr, read_multiscale

KIND = "annotation"
EDGE = 512  # of a chunk: a dab of the brush reads and writes one


def annotation_path(folder: Path, image: Image) -> Path:
    """Where the strokes on an image are in a project folder; `folder` itself if it is a Zarr."""
    if folder.suffix == ".zarr" or is_zarr(folder):
        return folder
    name = re.sub(r"[^\w-]+", "-", image.name).strip("-") or "image"
    return folder / f"{name}-annotation.ome.zarr"


def open_folder(path: Path, image: Image, classes: Iterable[SegClass]) -> "zarr.Array[Any]":
    """Open the strokes on an image to paint into; make the folder if it is not there.

    Only chunks that are painted are stored, each as it is painted.

    Parameters
    ----------
    path
        See `annotation_path`.
    image
        What is painted on; axes (without C), shape and pixel size are its own.
    classes
        Of a new folder; one that is there keeps its own.

    Raises
    ------
    AnnotationError
        If there is something else at `path`, or the strokes are of an image of another shape.
    OutputError
        If it cannot be written.
    """
    try:
        if not path.exists():
            _create(path, image, classes)
        elif not os.access(path, os.W_OK):
            raise OutputError(f"{path} cannot be written: choose another folder, or allow it")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}; {MAKE_ROOM}") from error
    _check(path, image)
    return paintable(path)


def paintable(path: Path) -> "zarr.Array[Any]":
    """Pixels of a label image of one level, to be written, too."""
    name = read_multiscale(path)[1]["datasets"][0]["path"]
    array = zarr.open_group(path, mode="r+")[name]
    assert isinstance(array, zarr.Array)
    return array


def _create(path: Path, image: Image, classes: Iterable[SegClass]) -> None:
    shape, (scale, units) = image.kept_shape, image.along(image.kept)
    chunks = tuple(min(n, EDGE) if a in "YX" else 1 for a, n in zip(image.kept, shape, strict=True))
    spec = OutputSpec(
        axes=image.kept,
        shape=shape,
        dtype=np.dtype(np.uint8),
        block=chunks,
        scale=scale,
        units=units,
        origin=(0,) * len(shape),
        name=f"{image.name} {KIND}",
        image_label=ngff_label(classes),
        provenance={"kind": KIND, "image": image.name},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    remove(partial)
    group = zarr.create_group(partial, zarr_format=3)
    names = list(spec.axes.lower())
    group.create_array("0", shape=shape, chunks=chunks, dtype=spec.dtype, dimension_names=names)
    described = describe_image(spec, [Level(1, shape, chunks, None)])
    group.attrs.update(described | {OURS: dict(spec.provenance)})
    sync_metadata(partial, partial / "0")
    partial.rename(path)
    sync(path)


def _check(path: Path, image: Image) -> None:
    """Raise `AnnotationError` unless there are strokes on an image like this one at `path`."""
    elsewhere = "choose another folder"
    try:
        levels, multiscale, attributes = read_multiscale(path)
    except ImageError as error:
        raise AnnotationError(f"{path} holds no strokes ({error}): {elsewhere}") from error
    if "image-label" not in attributes.get("ome", attributes) or len(levels) > 1:
        what = "labels with a pyramid" if len(levels) > 1 else "an image"
        raise AnnotationError(f"{path} is {what}, which cannot be painted into: {elsewhere}")
    axes = "".join(str(axis["name"]).upper() for axis in multiscale["axes"])
    if (axes, tuple(levels[0].shape)) != (image.kept, image.kept_shape):
        raise AnnotationError(
            f"{path} holds strokes on an image of {_size(levels[0].shape, axes)}; {image.name} has "
            f"{_size(image.kept_shape, image.kept)}: {elsewhere}, or rename the image layer"
        )
    if levels[0].dtype.kind not in "iu":
        raise AnnotationError(f"{path} holds {levels[0].dtype}, no ids: {elsewhere}")


def _size(shape: Iterable[int], axes: str) -> str:
    return f"{' x '.join(map(str, shape))} pixels ({axes})"
