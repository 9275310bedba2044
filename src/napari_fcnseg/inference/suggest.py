"""Where to paint next: the regions of an image of which a model is most unsure."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from napari_fcnseg.errors import PlanError
from napari_fcnseg.events import Event, PredictionStarted, Steps, Suggested, TileDone
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.open import open_image
from napari_fcnseg.inference.candidates import Candidate, Candidates, choose
from napari_fcnseg.inference.context import Context, check_context
from napari_fcnseg.inference.engine import run_tiles
from napari_fcnseg.inference.members import Models, as_models, check_opinions, plan_members
from napari_fcnseg.inference.model_work import ModelWork
from napari_fcnseg.inference.painted import Painted, open_painted, painted_from
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.inference.target import Target
from napari_fcnseg.inference.views import Augment
from napari_fcnseg.inference.workers import open_workers
from napari_fcnseg.nets.device import choose_device

Method = Literal["entropy", "disagreement"]
Again = Callable[..., Steps[Event]]  # `predict` of the image in question


@dataclass(frozen=True)
class Region:
    """A region to paint in.

    Attributes
    ----------
    axes
        Of the image, without C, in the order ``TZYX``.
    spans
        ``((start, stop), ...)`` along them, in pixels; one plane. What `predict` takes as its
        ``region``.
    score
        Mean uncertainty, 0 to 1, of its pixels; labelled ones count as 0.
    classes
        Names of the two classes between which the model is unsure here.
    labelled
        Share of its pixels that are labelled.
    """

    axes: str
    spans: Spans
    score: float
    classes: tuple[str, ...]
    labelled: float


def suggest(
    model: Models,
    image: Any,
    annotation: Any = None,
    *,
    regions: int = 10,
    size: int = 128,
    method: Method = "entropy",
    every: int = 1,
    region: Spans | None = None,
    axes: str | None = None,
    tile: int | None = None,
    memory: int | str | None = None,
    device: str = "auto",
    context: Context = "slice",
    augment: Augment | None = None,
) -> Steps[Event]:
    """Find the regions that an annotator should label next, those of most uncertainty.

    Memory holds a few tiles, whatever the size of the image. A region's score is the mean
    uncertainty of its pixels; those that are labelled, and 4 pixels around them, count as
    sure, and what is painted by more than half is left out. Regions begin on a grid of an
    eighth of their size and do not overlap. At most a fifth of them, or their equal share, is
    in one plane, and none is over or under another in the plane beside it, as long as there
    are enough others.

    Parameters
    ----------
    model, image, axes, tile, memory, device, context
        As in `predict`.
    annotation
        What is labelled already: an `Annotation`, labels or points, see `open_annotation`.
        Labels may be empty.
    regions
        How many, at most.
    size
        Their edge in pixels; smaller images are regions as a whole.
    method
        ``"entropy"`` of the classes' probabilities: where the model cannot tell, for want of
        training or because the image does not show it. ``"disagreement"`` of the views in
        `augment`, and of models: where it does not know; takes the time of all views.
    every
        Look only at every so manieth plane, in their order. A network that sees single planes
        takes so much less time.
    region
        Part of the image in which to look, ``((start, stop), ...)`` along its axes without C, in
        the order ``TZYX``; by default all of it.
    augment
        Views that are averaged, see `predict`; by default all for ``"disagreement"``.

    Returns
    -------
    Steps
        Iterate to run it: `PredictionStarted`, a `TileDone` for each tile, `Suggested`.
        Nothing is written.

    Raises
    ------
    FcnsegError
        If image, model and annotation do not fit, or a parameter is out of its bounds.
    """
    for name, count in (("regions", regions), ("size", size), ("every", every)):
        if count < 1:
            raise PlanError(f"{name} = {count}: give a whole number from 1 on")
    if method not in get_args(Method):
        raise PlanError(f"method = {method!r}: choose one of {', '.join(get_args(Method))}")
    opened, models = open_image(image, axes=axes), as_models(model)
    seen: Augment = augment or ("all" if method == "disagreement" else "none")
    check_opinions([method], models, seen)
    check_context(context)
    choose_device(device)
    members = plan_members(
        models, opened, tile, region, memory=memory, augment=seen, context=context
    )
    painted = open_painted(annotation, opened)
    tiles = members[0].tiles
    corner = [start for start, _ in tiles.region]
    found = Candidates(tiles.shape, size, regions, every, painted_from(painted, corner))
    target = Target(None, method, models[0].classes, opened, tiles, {})
    work = ModelWork(
        members=members, image=opened, targets=(target,), sinks=(found,),
        device=device, context=context, augment=seen,
    )  # fmt: skip
    again = partial(
        predict, models, opened,
        tile=tile, memory=memory, device=device, context=context, augment=seen,
    )  # fmt: skip
    return Steps(_run(work, found, painted, regions, again))


def suggest_regions(
    model: Models, image: Any, annotation: Any = None, **settings: Any
) -> list[Region]:
    """Return the regions that an annotator should label next, the most unsure one first.

    Parameters as `suggest`; it waits for the end.

    Returns
    -------
    list
        Of `Region`; fewer than asked for where there are no more.

    Raises
    ------
    FcnsegError
        As `suggest`.
    """
    done = suggest(model, image, annotation, **settings).wait()
    assert isinstance(done, Suggested)
    return list(done.regions)


def _run(
    work: ModelWork, found: Candidates, painted: Painted, wanted: int, again: Again
) -> Generator[Event, None, None]:
    started = time.monotonic()
    tiles = work.tiles
    todo = [n for n in range(len(tiles)) if found.looked_at(tiles[n].out)]
    done = len(tiles) - len(todo)
    yield PredictionStarted(tiles, (), done)
    with open_workers(work) as workers:
        for finished in run_tiles(workers, todo):
            for n in finished:
                done += 1
                yield TileDone(done, len(tiles), tiles[n].core)
    chosen = choose(found.found, wanted, found.planes)
    regions = tuple(_describe(candidate, work, painted, again) for candidate in chosen)
    yield Suggested(regions, time.monotonic() - started)


def _describe(window: Candidate, work: ModelWork, painted: Painted, again: Again) -> Region:
    """Predict a region once more, to see which classes share its uncertain pixels."""
    classes, (target,) = work.members[0].model.classes, work.targets
    along = zip(window.spans, work.tiles.region, strict=True)
    spans = tuple((start + first, stop + first) for (start, stop), (first, _) in along)
    lengths = [stop - start for start, stop in spans]
    shares, unsure = np.zeros((len(classes), *lengths), np.float32), np.zeros(lengths, np.float32)
    again({"probabilities": shares, target.kind: unsure}, region=spans).wait()
    unsure[painted.near(spans)] = 0
    mass = (shares * (unsure if unsure.any() else 1)).reshape(len(classes), -1).sum(1)
    names = tuple(classes[i].name for i in np.argsort(-mass, kind="stable")[:2])
    labelled = float(painted.read(spans).mean())
    return Region(work.image.kept, spans, window.score, names, labelled)
