"""The one training loop."""

import time
from collections.abc import Collection, Generator, Mapping
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from napari_fcnseg.annotations.classes import Classes
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.events import (
    Event,
    Note,
    Step,
    Steps,
    Teaching,
    Trained,
    TrainingStarted,
    Validated,
)
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.registry import find_net
from napari_fcnseg.training.budget import Budget
from napari_fcnseg.training.checkpoint import Checkpoint
from napari_fcnseg.training.fitter import Fitter
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.prepare import as_list, prepare
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.replay import Replay, open_replay
from napari_fcnseg.training.start import join_classes
from napari_fcnseg.training.trainer import Trainer

EARLY = (
    "no better score on held-out labels for {:.0%} of the budget: the training ends early, after a "
    "cool-down of the learning rate"
)

Painted = SimpleQueue[tuple[int, Collection[Plane] | None]]


class Training(Steps[Event]):
    """A training job; its labels may change while it runs.

    Attributes
    ----------
    identity
        What decides the run, as plain data: recipe, classes, images, labels, start.
    """

    def __init__(
        self, identity: dict[str, Any], events: Generator[Event, None, None], painted: Painted
    ) -> None:
        self.identity, self._painted = identity, painted
        super().__init__(events)

    def repaint(self, image: int = 0, planes: Collection[Plane] | None = None) -> None:
        """Tell that labels have changed where they are; the next step learns from them.

        Held-out blocks stay as they were, and classes that are new have to wait for the next
        training. May be called from any thread.

        Parameters
        ----------
        image
            Number of the image that was painted on.
        planes
            Positions along its axes before Y and X, such as ``[(3,)]``; by default all labels
            are read again.
        """
        self._painted.put((image, planes))


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
    replay: Replay = False,
    origin: Origin | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
) -> Training:
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
        Model (or its file) to go on from, with its weights, normalisation and classes: one of
        the recipe's network, or a coarser FCN, see `take_weights`. The recipe's `fine_rate`,
        `freeze` and `replay` are for this. Classes that it does not know are added.
    replay
        Pairs of images and labels that it learned from before, so that it does not forget them;
        ``True``: those that `start` remembers.
    origin
        Where images and annotations are from, if they are not given as paths; the model
        remembers it.
    checkpoint
        File that keeps the run: every half minute, and when it is stopped. It stays. What learns
        all labels at once, in seconds, keeps none.
    resume
        Go on with a `checkpoint` of the same recipe, images and labels, bit for bit as if it
        had never been stopped; or start where there is none.

    Returns
    -------
    Training
        Iterate to train: `TrainingStarted`, `Step`, `Validated` and `Note` events, `Trained`;
        `Fitting` instead of `Step` for what learns all labels at once. Its `repaint` takes in what
        is painted meanwhile.
        Closing it stops cleanly; ``best()`` of the last `Step` is the best model so far.

    Raises
    ------
    FcnsegError
        At once, if images, annotations, recipe or device cannot be used.
    """
    recipe = recipe or Recipe()
    if isinstance(start, str | Path):
        start = load_model(start)
    if start and find_net(recipe.net).fitted:
        raise RecipeError(
            f"{recipe.net} learns all labels at once and cannot go on from {start.name}: leave the "
            "start out, and give the labels of both"
        )
    images, annotations = as_list(images), as_list(annotations)
    if classes is not None and not isinstance(classes, Mapping):
        classes = tuple(classes)
    how = {"axes": axes, "unpainted": unpainted}
    origin = origin or Origin.of(images, annotations, classes, **how)
    old = open_replay(replay, start, classes, **how)
    images, annotations = images + old.images, annotations + old.labels
    size = recipe.pixel_size or (start.pixel_size if start else None)
    fewest = 1 if start else 2
    data = prepare(images, annotations, axes, classes, unpainted, fewest, size)
    data = replace(data, replayed=len(old.images))
    if start:
        data = data.known_as(*join_classes(start, data.classes))
    origins = [o for o in (origin, *old.origins) if o]
    known = origins if len(origins) == 1 + len(old.origins) else []
    painted: Painted = SimpleQueue()
    if find_net(recipe.net).fitted:
        fitter = Fitter(data, recipe, name, known)
        return Training(fitter.identity, fitter.run(), painted)
    trainer = Trainer(data, recipe, device, name, start, known)
    path = Path(checkpoint) if checkpoint is not None else None
    kept = Checkpoint(path, trainer.identity, resume)
    return Training(trainer.identity, _run(trainer, kept, painted), painted)


def fit(images: Any, annotations: Any, recipe: Recipe | None = None, **options: Any) -> Model:
    """Train to the end of the budget and return the best model.

    Parameters as `train`.

    Returns
    -------
    Model
        That of `Trained`.

    Raises
    ------
    FcnsegError
        As `train`.
    """
    last = train(images, annotations, recipe, **options).wait()
    assert isinstance(last, Trained)
    return last.model


def _run(
    trainer: Trainer,
    checkpoint: Checkpoint,
    painted: Painted,
) -> Generator[Event, None, None]:
    recipe, budget = trainer.recipe, Budget(trainer.recipe)
    if checkpoint.state:
        trainer.load_state_dict(checkpoint.state["trainer"])
        budget.load_state_dict(checkpoint.state["budget"])
    yield TrainingStarted(
        net=recipe.net,
        parameters=trainer.net.parameter_count,
        device=str(trainer.device),
        pixels=trainer.data.pixels,
        notes=trainer.notes,
        step=trainer.steps,
    )

    def keep() -> None:
        checkpoint.write({"trainer": trainer.state_dict(), "budget": budget.state_dict()})

    try:
        while budget.progress < 1:
            for number, planes in _changed(painted).items():
                trainer.repaint(number, planes)
            began = time.monotonic()  # time that the consumer takes is not part of the budget
            for part in trainer.teach(budget.progress):
                budget.elapsed += time.monotonic() - began
                yield Teaching(part)
                began = time.monotonic()
            loss, rate = trainer.step(budget.progress)
            budget.spend(trainer.steps, time.monotonic() - began)
            if budget.progress == 1:
                trainer.settle()
            scored = trainer.validate(budget.progress) if budget.validate() else None
            if scored and trainer.judged and budget.ends_early(scored[0].mean):
                trainer.news.append(EARLY.format(recipe.patience))
            budget.elapsed += time.monotonic() - began
            if checkpoint.due:
                keep()
            yield Step(
                step=trainer.steps,
                loss=loss,
                rate=rate,
                progress=budget.progress,
                elapsed=budget.elapsed,
                model=trainer.model,
                best=trainer.best,
            )
            if scored:
                scores, best = scored
                yield Validated(
                    trainer.steps, scores.iou, scores.pixels, scores.mean, best, scores.vanished
                )
            while trainer.news:
                yield Note(trainer.news.pop(0))
    except GeneratorExit:  # between two steps; one that failed in the middle is not kept
        keep()
        raise
    keep()
    yield Trained(trainer.best(), trainer.steps, budget.elapsed, budget.cut is not None)


def _changed(painted: Painted) -> dict[int, set[Plane] | None]:
    """Planes of each image that were painted on since the last step; ``None``: perhaps all."""
    found: dict[int, set[Plane] | None] = {}
    while not painted.empty():
        number, planes = painted.get()
        before = found.get(number, set())
        found[number] = None if planes is None or before is None else before | set(planes)
    return found
