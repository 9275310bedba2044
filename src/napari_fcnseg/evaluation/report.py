"""A report that one can send: one HTML file with tables, curve and pictures."""

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from napari_fcnseg import __version__
from napari_fcnseg.errors import EvaluationError, OutputError
from napari_fcnseg.evaluation.class_scores import ClassScores
from napari_fcnseg.evaluation.curve import curve_of
from napari_fcnseg.evaluation.evaluation import Evaluation
from napari_fcnseg.evaluation.explain import MEANING
from napari_fcnseg.evaluation.pictures import region_picture
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.whole import whole_file

CLASSES = "truth, what was found, and in red what is wrong."
OBJECTS = "true objects, found objects, and the outlines of both: true green, found pink."
PANELS = {
    (True, True): f"From left to right: image, {CLASSES}",
    (True, False): f"From left to right: {CLASSES}",
    (False, True): f"From left to right: image, {OBJECTS}",
    (False, False): f"From left to right: {OBJECTS}",
}


def write_report(
    evaluation: Evaluation, path: str | Path, images: Sequence[Image] = (), overwrite: bool = False
) -> None:
    """Write a report of an evaluation.

    Parameters
    ----------
    evaluation
        What `evaluate` found.
    path
        Of the HTML file.
    images
        What was segmented, for the pictures of the worst regions; in the order of the evaluation.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        If the file is there or cannot be written.
    EvaluationError
        If an image is not of the size of its segmentation.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; choose another name, or allow to overwrite it")
    _check(evaluation, images)
    environment = Environment(
        loader=PackageLoader("napari_fcnseg.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    page = environment.get_template("report.html.j2").render(_content(evaluation, images))
    with whole_file(path, "the report") as growing:
        growing.write_text(page, "utf-8")


def _check(evaluation: Evaluation, images: Sequence[Image]) -> None:
    """Make sure that pictures are of what was segmented."""
    if images and len(images) != len(evaluation.images):
        raise EvaluationError(
            f"{len(images)} images are given for {len(evaluation.images)} segmentations: give one "
            "for each, or none"
        )
    for image, scored in zip(images, evaluation.images, strict=False):
        found = scored.pair.found
        if (image.kept, image.kept_shape) != (found.kept, found.kept_shape):
            raise EvaluationError(
                f"the image {image.name} is {image.kept} {image.kept_shape}, but {found.name} is "
                f"{found.kept} {found.kept_shape}: give what was segmented"
            )


def number(value: float | int | None) -> str:
    """Write a score with three digits, a count with thousands; a dash for what cannot be said."""
    if value is None or value != value:
        return "-"
    return f"{value:,}" if isinstance(value, int | np.integer) else f"{value:.3f}"


def _content(evaluation: Evaluation, images: Sequence[Image]) -> dict[str, Any]:
    scores = evaluation.scores
    count, first = len(evaluation.images), evaluation.images[0].pair
    kept, shape = first.found.kept, first.found.kept_shape
    return {
        "title": first.name if count == 1 else f"{count} images",
        "truth": first.truth.name if count == 1 else "",
        "shape": " x ".join(f"{a} {n:,}" for a, n in zip(kept, shape, strict=True)),
        "made": f"napari-fcnseg {__version__}, {datetime.now():%Y-%m-%d %H:%M}",
        "meaning": MEANING,
        "overall": evaluation.overall,
        "classes": _classes(scores) if isinstance(scores, ClassScores) else [],
        "confusion": _confusion(scores) if isinstance(scores, ClassScores) else [],
        "images": _images(evaluation),
        "curve": curve_of(evaluation.images),
        "regions": _regions(evaluation, images),
        "panels": PANELS[isinstance(scores, ClassScores), bool(images)],
        "notes": evaluation.notes,
    }


def _classes(scores: ClassScores) -> list[dict[str, Any]]:
    by_class, pixels = scores.by_class, scores.matrix.sum(1)
    share = pixels / max(1, pixels.sum())
    return [
        {
            "name": c.name,
            "color": c.color,
            "pixels": int(pixels[i]),
            "share": f"{share[i]:.1%}",
            "scores": {name: float(values[i]) for name, values in by_class.items()},
        }
        for i, c in enumerate(scores.classes)
    ]


def _confusion(scores: ClassScores) -> list[dict[str, Any]]:
    names = [*(c.name for c in scores.classes), "none of them"]
    rows = []
    for name, counts in zip(names, scores.matrix.tolist(), strict=False):
        total = max(1, sum(counts))
        cells = [(other, count, count / total) for other, count in zip(names, counts, strict=True)]
        rows.append({"name": name, "cells": cells if scores.matrix[:, -1].any() else cells[:-1]})
    return rows


def _images(evaluation: Evaluation) -> list[dict[str, Any]]:
    if len(evaluation.images) == 1:
        return []
    return [{"name": i.pair.name, "scores": dict(i.scores.overall)} for i in evaluation.images]


def _regions(evaluation: Evaluation, images: Sequence[Image]) -> list[dict[str, Any]]:
    found = []
    for region in evaluation.worst:
        pair = evaluation.images[region.image].pair
        picture = region_picture(evaluation, region, images[region.image] if images else None)
        file = io.BytesIO()
        picture.save(file, "PNG", optimize=True)
        found.append(
            {
                "where": region.where(pair.found.kept),
                "image": pair.name,
                "wrong": region.wrong,
                "share": f"{region.share:.0%}",
                "png": base64.b64encode(file.getvalue()).decode(),
            }
        )
    return found
