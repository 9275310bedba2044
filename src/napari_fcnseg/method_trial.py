"""One method of a comparison: it learns, segments what is tested, and is scored."""

import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.annotation import Annotation
from napari_fcnseg.classical.methods import classical_method
from napari_fcnseg.evaluation.class_scores import ClassScores
from napari_fcnseg.evaluation.evaluate import evaluate
from napari_fcnseg.events import Evaluated, Event, Trained
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.nets.registry import NETS
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.train import train


@dataclass(frozen=True)
class Compared:
    """How one method did.

    Attributes
    ----------
    method
        Its name.
    scores
        On what was tested.
    labelled
        Part of the tested pixels that it labels at all.
    learning, segmenting
        Seconds.
    """

    method: str
    scores: ClassScores
    labelled: float
    learning: float
    segmenting: float


def try_method(
    data: TrainingData,
    tested: Sequence[Annotation],
    method: str,
    recipe: Recipe,
    device: str,
    folder: Path | None,
) -> Generator[Event, None, Compared]:
    """Let a method learn, segment what is tested, and score it."""
    began = time.monotonic()
    makers: list[Any]
    where: dict[str, Any]
    if method in NETS:
        if method != recipe.net:
            recipe = replace(recipe, net=method, net_options={})
        learned = yield from _train(data, recipe, device)
        makers, where = [learned] * len(data.images), {"device": device}
    else:
        pairs = zip(data.images, data.annotations, strict=True)
        makers, where = [classical_method(method, *pair) for pair in pairs], {}
    learning, began = time.monotonic() - began, time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="fcnseg-compare"))
    try:
        paths = label_paths(folder or scratch, method, len(data.images))
        for maker, image, known, path in zip(makers, data.images, tested, paths, strict=True):
            # What nobody looks at is computed only where it is scored.
            mask = None if folder else known.labels
            yield from predict(maker, image, path, mask=mask, overwrite=True, **where)
        segmenting = time.monotonic() - began
        scores = yield from _score(paths, [known.labels for known in tested])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    labelled = float(scores.matrix[:, :-1].sum() / scores.matrix.sum())
    return Compared(method, scores, labelled, learning, segmenting)


def _train(data: TrainingData, recipe: Recipe, device: str) -> Generator[Event, None, Any]:
    images, annotations = list(data.images), list(data.annotations)
    for event in train(images, annotations, recipe, device=device, name=recipe.net):
        yield event
        if isinstance(event, Trained):
            return event.model
    raise AssertionError("a training ends with its model")


def _score(paths: Sequence[Path], truths: Sequence[Image]) -> Generator[Event, None, ClassScores]:
    for event in evaluate(list(paths), list(truths), regions=0):
        yield event
        if isinstance(event, Evaluated):
            assert isinstance(event.evaluation.scores, ClassScores)
            return event.evaluation.scores
    raise AssertionError("an evaluation ends with scores")


def label_paths(folder: Path | None, method: str, images: int) -> list[Path]:
    """Where the labels of each image go."""
    if folder is None:
        return []
    numbers = [""] if images == 1 else [f"-{i}" for i in range(1, images + 1)]
    return [folder / f"{method}{number}.ome.zarr" for number in numbers]
