"""Looks at a model and an image before they meet: a few small windows, never all of it."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import AxesError, FcnsegError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.images.spread import spread_windows
from napari_fcnseg.inference.finding import Finding, Fix, Weight
from napari_fcnseg.inference.grey_values import compare_values
from napari_fcnseg.inference.members import check_fits
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.why_no_gpu import why_no_gpu

COLOURS = (3, 4)  # channels of RGB and RGBA


def check_data(
    model: Model | None,
    image: Any,
    labels: Any = None,
    *,
    axes: str | None = None,
    device: str = "auto",
) -> tuple[Finding, ...]:
    """Look for what makes a prediction fail or poor, before it is run.

    Parameters
    ----------
    model
        What is to be run; ``None`` for a method without a network.
    image
        Anything that `open_image` takes. 16 windows of 64 x 64 pixels of it are read.
    labels
        Of the image, if there are any: a path, an array or an `Image`.
    axes
        Of the image, where it does not say.
    device
        Where it is to run.

    Returns
    -------
    tuple of Finding
        The gravest first; none if all is well. See `mend` for what can be done.

    Raises
    ------
    ImageError
        If the image cannot be opened or read.
    """
    try:
        opened = open_image(image, axes=axes)
    except AxesError as error:
        return (unclear(error),)
    sample = np.concatenate(
        [opened.read(w).reshape(opened.channels, -1) for w in spread_windows(opened)], axis=1
    )
    found = [*_channels(model, opened, sample)]
    if labels is not None:
        found += _labels(model, opened, labels)
    if model is not None:
        found += _model(model, opened, sample)
        found += _device(device)
    return tuple(sorted(found, key=lambda f: ("error", "warning", "note").index(f.weight)))


def expect_poor(models: Iterable[Model], image: Image) -> tuple[str, ...]:
    """Say what is likely to make predictions poor, beside pixel sizes, which `predict` tells.

    Parameters
    ----------
    models
        What is to be run.
    image
        On which; small windows of it are read.

    Returns
    -------
    tuple of str
        A sentence for each finding of `check_data`.
    """
    found = [finding for model in models for finding in check_data(model, image, device="cpu")]
    return tuple(f.text for f in found if f.weight == "warning" and f.kind != "pixel size")


def unclear(error: AxesError) -> Finding:
    """Return what is found of an image that cannot be opened without its axes."""
    fixes = tuple(Fix("axes", f"It is {axes}", axes) for axes in error.readings)
    return Finding("axes", str(error), "error", fixes)


def _channels(model: Model | None, image: Image, sample: NDArray[Any]) -> Iterator[Finding]:
    """Compare the channels of an image with each other, and with those of the model."""
    colours = sample[:3]
    grey = image.channels in COLOURS and bool((colours[1:] == colours[:1]).all())
    wanted = model.net.in_channels if model else 0
    whole = image.dtype in (np.uint8, np.uint16)
    if grey and wanted in (0, 1) and whole:
        what = f"{image.name} has {image.channels} channels that are equal where it was looked at"
        takes = f"; {model.name} takes one" if model else ": it is grey, and takes three times"
        weight: Weight = "error" if model else "note"
        yield Finding("grey", what + takes, weight, (Fix("grey", "Read as grey"),))
    elif model and wanted != image.channels:
        yield from _refused("channels", model, image)
    elif model and grey:
        yield Finding(
            "grey",
            f"the channels of {image.name} are equal where it was looked at: it is grey, and "
            f"{model.name} has learned from {wanted} channels. Train one on grey images",
        )


def _refused(kind: str, model: Model, image: Image) -> Iterator[Finding]:
    """Say why a prediction is refused, if it is."""
    try:
        check_fits(model, image)
    except FcnsegError as error:
        yield Finding(kind, str(error), "error")


def _labels(model: Model | None, image: Image, labels: Any) -> Iterator[Finding]:
    """Compare labels with the image, and with the classes of the model."""
    opened = open_image(labels, axes=None if isinstance(labels, Image) else image.kept)
    if opened.kept_shape != image.kept_shape:
        yield Finding(
            "labels",
            f"the labels {opened.name} have {_times(opened)} pixels, {image.name} has "
            f"{_times(image)}: take labels of this image, of the same level of its pyramid",
            "error",
        )
        return
    if model is None:
        return
    ids = {int(i) for window in spread_windows(opened) for i in np.unique(opened.read(window))}
    known = {c.id: c.name for c in model.classes}
    if unknown := sorted(ids - {0} - known.keys()):
        told = ", ".join(f"{i} {name}" for i, name in known.items())
        yield Finding(
            "labels",
            f"the labels {opened.name} have {', '.join(map(str, unknown))}, which {model.name} "
            f"does not know ({told}): give classes the ids that it has, or train it further",
        )


def _model(model: Model, image: Image, sample: NDArray[Any]) -> Iterator[Finding]:
    """Compare what a model has learned from with the image."""
    if image.channels == model.net.in_channels:
        yield from _refused("axes", model, image)
        yield from compare_values(model, image, sample)
    size = PixelSize.of(image)
    if size and model.pixel_size and not size.agrees(model.pixel_size):
        ratio = model.pixel_size.over(size)[0]
        times = f"{max(ratio, 1 / ratio):.2g} times {'larger' if ratio > 1 else 'smaller'}"
        yield Finding(
            "pixel size",
            f"{image.name} has {size} per pixel, {model.name} has learned at {model.pixel_size}: "
            f"to it, things here are {times} than they were",
            fixes=(Fix("resample", f"Resample to {model.pixel_size}"),),
        )
    for axis, geometry in zip("ZYX"[-model.net.ndim :], model.net.geometry, strict=True):
        seen, n = geometry.field[1], image.sizes.get(axis, 0)
        if 0 < n < seen:
            yield Finding(
                "small",
                f"{image.name} has {n} pixels along {axis}, {model.name} sees {seen} for each of "
                "them: the rest is the image mirrored at its border",
                "note",
            )
            return


def _device(device: str) -> Iterator[Finding]:
    reason = why_no_gpu() if device == "auto" else None
    if reason:
        yield Finding("no GPU", reason, "note")


def _times(image: Image) -> str:
    return " x ".join(map(str, image.kept_shape))
