"""Score segmentations against their truth, block by block."""

import time
from collections.abc import Generator, Sequence
from typing import Any

from napari_fcnseg.annotations.classes import Classes, SegClass
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.class_pair import ClassPair, name_classes
from napari_fcnseg.evaluation.class_scores import ClassScores, ClassTally
from napari_fcnseg.evaluation.evaluation import Evaluation, ImageScores, Scores
from napari_fcnseg.evaluation.instances import ObjectScores, partners_of
from napari_fcnseg.evaluation.isbi import RandAndInfoTally
from napari_fcnseg.evaluation.object_tally import ObjectTally
from napari_fcnseg.evaluation.overlaps import join
from napari_fcnseg.evaluation.pair import Pair, open_pair
from napari_fcnseg.evaluation.worst import WorstRegions
from napari_fcnseg.events import BlockDone, Evaluated, Event, Steps

TOLERANCE = 2.0  # pixels that a border may be off
REGIONS = 12


def evaluate(
    found: Any,
    truth: Any,
    *,
    axes: str | None = None,
    classes: Classes = None,
    unpainted: Unpainted = "ignore",
    objects: bool = False,
    interior: int | str | None = None,
    tolerance: float = TOLERANCE,
    regions: int = REGIONS,
) -> Steps[Event]:
    """Score segmentations against their truth; images may be larger than the memory.

    Parameters
    ----------
    found, truth
        One of each or lists of equal length: paths, arrays or `Image`. Class ids; with `objects`
        ids of objects, 0 for the background. Probabilities ``(C, ...)`` count as their most
        probable class.
    axes
        Of the segmentations, where they do not say themselves.
    classes, unpainted
        Of the truth, see `open_annotation`. What is unlabelled is left out.
    objects
        Whether each object has its own id.
    interior
        Id or name of the class that V_Rand and V_Info of the ISBI 2012 challenge are told of, see
        `rand_and_info`; unlabelled pixels count as membrane.
    tolerance
        Pixels that a border may be off in the F-score of borders, which is taken plane by plane.
    regions
        How many of the worst regions are wanted.

    Returns
    -------
    Steps
        Iterate to run it: a `BlockDone` for each block, and in the end `Evaluated`.

    Raises
    ------
    EvaluationError
        At once if what is given does not fit together; in the middle for what is no id.
    """
    founds, truths = (v if isinstance(v, list | tuple) else [v] for v in (found, truth))
    if len(founds) != len(truths) or not len(founds):
        raise EvaluationError(
            f"there are {len(founds)} segmentations and {len(truths)} truths: give one for each"
        )
    if not tolerance >= 0:
        raise EvaluationError(f"tolerance = {tolerance}: give a number of pixels, 0 or more")
    if regions < 0:
        raise EvaluationError(f"regions = {regions}: give how many, 0 or more")
    pairs = [open_pair(*both, axes) for both in zip(founds, truths, strict=True)]
    if objects:
        return Steps(_run_objects(pairs, regions))
    named = name_classes(pairs, classes, unpainted)
    inside = None if interior is None else _class_id(interior, named[0].classes)
    return Steps(_run_classes(named, inside, tolerance, regions))


def _class_id(told: int | str, classes: Sequence[SegClass]) -> int:
    for c in classes:
        if str(told) in (str(c.id), c.name):
            return c.id
    names = ", ".join(f"{c.id} {c.name}" for c in classes)
    raise EvaluationError(f"interior = {told} is no class that is scored: {names}")


def _run_classes(
    pairs: Sequence[ClassPair], interior: int | None, tolerance: float, regions: int
) -> Generator[Event, None, None]:
    began, done, total = time.monotonic(), 0, sum(len(p.pair.blocks) for p in pairs)
    worst, images, membranes = WorstRegions(regions), [], RandAndInfoTally()
    classes = pairs[0].classes
    whole = ClassScores.nothing(classes)
    for number, pair in enumerate(pairs):
        tally = ClassTally(classes, tolerance)
        for spans in pair.pair.blocks:
            plane = tuple(start for start, _ in spans[:-2])
            wrong = tally.add(plane, *pair.read(spans, tally.margin))
            worst.add(number, spans, wrong)
            done += 1
            yield BlockDone("score", done, total)
        if interior is not None:
            _add_membranes(membranes, pair, interior, tally)
        scores = tally.result()
        whole += scores
        images.append(ImageScores(pair.pair, scores, dict(tally.planes)))
    rand, regions_found = None if interior is None else membranes.result(), tuple(worst.result())
    found = Evaluation(whole, tuple(images), regions_found, rand, _notes(whole), tuple(pairs))
    yield Evaluated(found, time.monotonic() - began)


def _add_membranes(
    membranes: RandAndInfoTally, pair: ClassPair, interior: int, tally: ClassTally
) -> None:
    """Score the planes that have labels."""
    for spans in pair.pair.planes:
        if tuple(start for start, _ in spans[:-2]) in tally.planes:
            membranes.add(*pair.interior(spans, interior))


def _notes(scores: ClassScores) -> tuple[str, ...]:
    """Tell of pixels that are none of the classes."""
    none, labelled = int(scores.matrix[:, -1].sum()), int(scores.matrix.sum())
    if not none:
        return ()
    return (
        f"{none / labelled:.1%} of the labelled pixels were found as none of the classes, and "
        "count as wrong",
    )


def _run_objects(pairs: Sequence[Pair], regions: int) -> Generator[Event, None, None]:
    began, done, total = time.monotonic(), 0, 2 * sum(len(p.blocks) for p in pairs)
    worst, images, tables = WorstRegions(regions), [], []
    for number, pair in enumerate(pairs):
        tally = ObjectTally(pair)
        for spans in pair.blocks:
            tally.count(spans)
            done += 1
            yield BlockDone("score", done, total)
        found = tally.tables()
        partners = {t: partners_of(table) for t, table in found.items()}
        for spans in pair.blocks:
            worst.add(number, spans, tally.wrong(spans, found, partners))
            done += 1
            yield BlockDone("score", done, total)
        times: dict[Plane, Scores] = {}
        if "T" in pair.found.kept:
            times = {(t,): ObjectScores.of(table) for t, table in found.items()}
        tables.append(join(list(found.values())))
        scores = ObjectScores.of(tables[-1])
        images.append(ImageScores(pair, scores, times))
    whole = ObjectScores.of(join(tables))
    yield Evaluated(
        Evaluation(whole, tuple(images), tuple(worst.result())), time.monotonic() - began
    )
