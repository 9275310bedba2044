"""Labels that methods are compared on, apart from those that they learn."""

from typing import Any

import numpy as np

from napari_fcnseg.annotations.annotation import Annotation, open_annotation
from napari_fcnseg.annotations.kept import Where, keep_labels
from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.training.hold_out import Apart, hold_out
from napari_fcnseg.training.prepare import TrainingData, as_list
from napari_fcnseg.training.split import Split

SHARE, GAP = 0.2, 32  # of the strokes that are held out, and pixels around them that teach nothing


def beside_strokes(data: TrainingData, truth: Any) -> tuple[Annotation, ...]:
    """Return the truth of each image where nobody painted.

    Raises
    ------
    EvaluationError
        If there is not one for each image.
    AnnotationError
        If one does not fit its image.
    """
    truths = as_list(truth)
    if len(truths) != len(data.images):
        raise EvaluationError(
            f"there are {len(data.images)} images and {len(truths)} truths: give one for each"
        )
    triples = zip(truths, data.images, data.annotations, strict=True)
    return tuple(
        keep_labels(open_annotation(given, image).named(data.classes), _unpainted(strokes))
        for given, image, strokes in triples
    )


def held_out(
    data: TrainingData, seed: int
) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    """Part the strokes of each image: those that teach, and those that are held out.

    Raises
    ------
    EvaluationError
        If there are too few to hold some out.
    """
    rng = np.random.default_rng(seed)
    splits = hold_out(data.annotations, SHARE, Apart(GAP), 1, rng, closer=True)
    if not any(split.held for split in splits):
        raise EvaluationError(
            "there are too few strokes to hold some of each class out: paint in more places, or "
            "give a truth to compare with (--truth)"
        )
    pairs = list(zip(data.annotations, splits, strict=True))
    learned = tuple(keep_labels(strokes, _far_from(split)) for strokes, split in pairs)
    return learned, tuple(keep_labels(strokes, split.held_out) for strokes, split in pairs)


def _unpainted(strokes: Annotation) -> Where:
    return lambda spans: strokes.read_ids(spans) < 0


def _far_from(split: Split) -> Where:
    return lambda spans: ~split.held_out(spans, near=True)
