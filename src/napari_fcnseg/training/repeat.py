"""A training once more, from what its model remembers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.load import load_model
from napari_fcnseg.models.model import Model
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.outcome import VERSIONS, versions
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.train import Training, train


def repeat(
    model: Model | str | Path, start: Model | str | Path | None = None, **options: Any
) -> Training:
    """Train once more as a model was trained: the same files, strokes, recipe and seed.

    On the same machine and versions, on the processor, it comes to the same weights; `doubts`
    tells what stands against it.

    Parameters
    ----------
    model
        The model, or its file.
    start
        Model that it was started from, if any.
    options
        ``device``, ``name``, ``checkpoint`` and ``resume`` of `train`.

    Returns
    -------
    Training
        Not yet begun; events as of `train`.

    Raises
    ------
    ModelError
        If the model does not know its files, they have changed since, or `start` is another.
    FcnsegError
        As `train`.
    """
    model = load_model(model) if isinstance(model, str | Path) else model
    start = load_model(start) if isinstance(start, str | Path) else start
    known = model.provenance
    if model.recipe is None or "origins" not in known:
        raise ModelError(
            f"{model.name} does not know its recipe and files, as it was not trained from files by "
            "this version: train with its recipe on them instead"
        )
    if start is None and "started_from" in known:
        raise ModelError(
            f"{model.name} was started from the model {known['started_from']}: give that, too, "
            "with start (--start)"
        )
    first, *old = (Origin.from_dict(o) for o in known["origins"])
    images, labels = first.open()
    job = train(
        images,
        labels,
        _by_steps(model),
        classes=first.classes(model),
        unpainted=first.unpainted,
        start=start,
        replay=old,
        origin=first,
        **options,
    )
    now = job.identity
    for what, then, found in (
        ("image", known["images"], now["images"]),
        ("labels", known["labels"], now["labels"]),
        ("model that it started from", [known.get("started_from")], [now["start"]]),
    ):
        for one, other in zip(then, found, strict=True):
            if one != other:
                job.close()
                raise ModelError(
                    f"a training of {model.name} cannot be repeated, as the {what} changed "
                    f"since: {one} then, {other} now"
                )
    return job


def doubts(model: Model) -> list[str]:
    """Say why a repetition may come to other weights than those of a model."""
    known, found = model.provenance, []
    steps, recipe = known.get("steps"), model.recipe or Recipe()
    if not recipe.steps:
        found.append(
            f"{model.name} was trained by the clock; its {steps} steps are repeated, at rates that "
            "are near to its own"
        )
    elif steps != recipe.steps and not recipe.patience:
        found.append(f"{model.name} was stopped after {steps} of {recipe.steps} steps")
    if known.get("repainted"):
        found.append(f"strokes were added while {model.name} was trained")
    if known.get("device") != "cpu":
        found.append(f"{model.name} was trained on {known.get('device')}: sums differ in order")
    then, now = known.get("versions", {}), versions()
    found += [
        f"{p} was {then.get(p)}, now it is {now[p]}" for p in VERSIONS if then.get(p) != now[p]
    ]
    return found


def _by_steps(model: Model) -> Recipe:
    assert model.recipe
    return replace(model.recipe, steps=model.recipe.steps or model.provenance["steps"])
