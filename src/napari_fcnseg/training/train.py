"""The one training loop."""

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from napari_fcnseg.annotations.annotation import Unpainted
from napari_fcnseg.events import Event, Step, Steps, Trained, TrainingStarted, Validated
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model
from napari_fcnseg.training.prepare import Classes, prepare
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.trainer import Trainer

VALIDATIONS = 10  # over the budget


def train(
    images: Any,
    annotations: Any,
    recipe: Recipe | None = None,
    *,
    axes: str | None = None,
    classes: Classes = None,
    unpainted: Unpainted = "ignore",
    device: str = "auto",
    name: str = "model",
    start: Model | str | Path | None = None,
) -> Steps[Event]:
    """Train a network on painted images.

    Parameters
    ----------
    images, annotations
        One of each or lists of equal length: paths, arrays, `Image` and `Annotation`.
    recipe
        Network, augmentation, losses, budget and seed; by default ``Recipe()``.
    axes
        Of the images, where they do not say themselves.
    classes
        Names of label values, or the classes themselves; see `open_annotation`.
    unpainted
        ``"ignore"``: 0 is unlabelled. ``"background"``: 0 is a class, of dense truth.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    name
        Of the model.
    start
        Model (or its file) to go on from, with its weights and its normalisation: one of the
        recipe's network, or a coarser FCN, see `take_weights`.

    Returns
    -------
    Steps
        Iterate to train: `TrainingStarted`, `Step` and `Validated` events, `Trained`.
        Closing it stops cleanly; ``best()`` of the last `Step` is the best model so far.

    Raises
    ------
    FcnsegError
        At once, if images, annotations, recipe or device cannot be used.
    """
    if isinstance(start, str | Path):
        start = load_model(start)
    data = prepare(images, annotations, axes, classes, unpainted)
    return Steps(_run(Trainer(data, recipe or Recipe(), device, name, start)))


def fit(images: Any, annotations: Any, recipe: Recipe | None = None, **options: Any) -> Model:
    """Train to the end of the budget and return the best model; parameters as `train`."""
    last = train(images, annotations, recipe, **options).wait()
    assert isinstance(last, Trained)
    return last.model


def _run(trainer: Trainer) -> Generator[Event, None, None]:
    recipe = trainer.recipe
    yield TrainingStarted(
        net=recipe.net,
        parameters=trainer.net.parameter_count,
        device=str(trainer.device),
        pixels=trainer.data.pixels,
        notes=trainer.notes,
    )
    elapsed, progress, validated = 0.0, 0.0, 0
    while progress < 1:
        began = time.monotonic()  # time that the consumer takes is not part of the budget
        loss, rate = trainer.step(progress)
        spent = elapsed + time.monotonic() - began
        progress = trainer.steps / recipe.steps if recipe.steps else spent / 60 / recipe.minutes
        progress = min(1.0, progress)
        scored = None
        if progress * VALIDATIONS >= validated + 1:
            validated, scored = int(progress * VALIDATIONS), trainer.validate()
        elapsed += time.monotonic() - began
        yield Step(
            step=trainer.steps,
            loss=loss,
            rate=rate,
            progress=progress,
            elapsed=elapsed,
            model=trainer.model,
            best=trainer.best,
        )
        if scored:
            scores, best = scored
            yield Validated(trainer.steps, scores.iou, scores.pixels, scores.mean, best)
    yield Trained(trainer.best(), trainer.steps, elapsed)
