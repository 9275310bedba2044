"""What a network is worth: it and simpler methods on the same strokes, in one table."""

import difflib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.annotations.classes import Classes, SegClass
from napari_fcnseg.classical.methods import METHODS
from napari_fcnseg.errors import EvaluationError, OutputError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.labels_apart import beside_strokes, held_out
from napari_fcnseg.method_trial import Compared, label_paths, try_method
from napari_fcnseg.nets.registry import NETS
from napari_fcnseg.training.prepare import TrainingData, prepare
from napari_fcnseg.training.recipe import Recipe

USUAL = ("unet_light", "pixel_classifier", "kmeans", "random_walk", "watershed", "superpixels")


@dataclass(frozen=True)
class MethodStarted(Event):
    """One of ``methods`` begins to learn."""

    method: str
    number: int
    methods: int


@dataclass(frozen=True)
class ComparisonDone(Event):
    """The end of a comparison; ``held_out``: scored on strokes that taught none of them."""

    rows: tuple[Compared, ...]
    classes: tuple[SegClass, ...]
    held_out: bool


def compare(
    images: Any,
    strokes: Any,
    methods: Sequence[str] = USUAL,
    *,
    truth: Any = None,
    recipe: Recipe | None = None,
    axes: str | None = None,
    classes: Classes = None,
    device: str = "auto",
    out: str | Path | None = None,
    overwrite: bool = False,
) -> Steps[Event]:
    """Let several methods learn the same strokes, and score them on the same pixels.

    Parameters
    ----------
    images, strokes
        See `train`; ids are classes, from 1 on.
    methods
        Names of networks (`list_nets`) and of classical methods (`list_classical`).
    truth
        Dense or sparse class ids of the images; where nobody painted they are compared with. By
        default a fifth of the strokes, with 32 pixels around them, teaches no method and is
        compared with.
    recipe
        Of the networks but for their names; its options are of its own network.
    axes, classes
        See `train`.
    device
        Where networks compute.
    out
        Folder for the labels of each method, ``METHOD.ome.zarr``, or of several images
        ``METHOD-NUMBER.ome.zarr``; by default they are scored and forgotten.
    overwrite
        Whether labels that are there may be replaced.

    Returns
    -------
    Steps
        Iterate to run it: a `MethodStarted` for each method, what its training and prediction
        yield, and in the end `ComparisonDone`.

    Raises
    ------
    FcnsegError
        At once, if anything cannot be opened, there are too few strokes to hold some out, or a
        method is not known.
    """
    _check_names(methods)
    data = prepare(images, strokes, axes, classes)
    if any(0 in annotation.by_value for annotation in data.annotations):
        raise EvaluationError(
            "0 is a class among these strokes; here it is what nobody labelled: give classes ids "
            "from 1 on"
        )
    recipe = recipe or Recipe()
    if truth is None:
        learned, tested = held_out(data, recipe.seed)
    else:
        learned, tested = data.annotations, beside_strokes(data, truth)
    folder = Path(out) if out is not None else None
    taken = [p for m in methods for p in label_paths(folder, m, len(data.images)) if p.exists()]
    if folder and taken and not overwrite:
        raise OutputError(
            f"{taken[0]} exists already; give another folder, or allow to replace it with "
            "overwrite=True (--overwrite)"
        )
    data = replace(data, annotations=learned)
    return Steps(_run(data, tested, methods, recipe, device, folder, truth is None))


def _check_names(methods: Sequence[str]) -> None:
    known = [*NETS, *METHODS]
    if not methods:
        raise EvaluationError(f"which methods? Give names, for example {', '.join(USUAL[:3])}")
    for method in methods:
        if method not in known:
            close = difflib.get_close_matches(method, known, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise EvaluationError(f"unknown method {method!r}: {hint}Known are {', '.join(known)}")


def _run(
    data: TrainingData,
    tested: Sequence[Annotation],
    methods: Sequence[str],
    recipe: Recipe,
    device: str,
    folder: Path | None,
    held_out: bool,
) -> Generator[Event, None, None]:
    rows = []
    for number, method in enumerate(methods, 1):
        yield MethodStarted(method, number, len(methods))
        rows.append((yield from try_method(data, tested, method, recipe, device, folder)))
    yield ComparisonDone(tuple(rows), data.classes, held_out)
