"""Images of an older training that are shown again, so that a network does not forget them.

Rehearsal, after Robins 1995.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from napari_fcnseg.annotations.annotation import Annotation, open_annotation
from napari_fcnseg.annotations.classes import Classes
from napari_fcnseg.annotations.written import read_written
from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.open import open_image
from napari_fcnseg.models.model import Model
from napari_fcnseg.training.origin import Origin

Replay = bool | Iterable[tuple[Any, Any] | Origin]


@dataclass
class Replayed:
    """Images and labels in pairs, and where all of them are from; ``None`` if that is not known."""

    images: list[Any] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    origins: list[Origin | None] = field(default_factory=list)


def open_replay(
    replay: Replay, start: Model | None, classes: Classes = None, **how: Any
) -> Replayed:
    """Find what is replayed.

    Parameters
    ----------
    replay
        Pairs, or origins of them; or whether to take what `start` was trained on.
    start
        The model that training starts from.
    classes
        Names of label values of pairs, beside those that `start` knows.
    how
        How pairs are read, see `Origin`.

    Raises
    ------
    ModelError
        If there is no such model, or it does not know where its images are.
    FcnsegError
        If they cannot be opened.
    """
    found = Replayed()
    for one in _remembered(start) if replay is True else replay or ():
        if isinstance(one, Origin):
            images, labels = one.open()
            known, pairs = one.classes(start), zip(images, labels, strict=True)
            labels = [open_annotation(y, x, known, one.unpainted) for x, y in pairs]
            found.origins.append(replace(one, replayed=True))
        else:
            images, labels = [one[0]], [one[1]]
            known = _beside(start, classes)
            found.origins.append(Origin.of(images, labels, known, replayed=True, **how))
            if known is not None and not isinstance(one[1], Annotation):
                images = [open_image(one[0], axes=how["axes"])]
                written = read_written(one[1])
                labels = [open_annotation(written, images[0], known, how["unpainted"])]
        found.images += images
        found.labels += labels
    return found


def _remembered(start: Model | None) -> list[Origin]:
    if start is None:
        raise ModelError("there is nothing to replay without a model to start from: give start")
    if "origins" not in start.provenance:
        raise ModelError(
            f"{start.name} does not know where the images are that it was trained on: give them "
            "with replay=[(image, labels), ...] (--replay IMAGE LABELS)"
        )
    return [Origin.from_dict(o) for o in start.provenance["origins"]]


def _beside(start: Model | None, classes: Classes) -> Classes:
    """Names of label values: those of a model, too, where a value has no other meaning."""
    if start is None or classes is None or (isinstance(classes, Mapping) and 0 in classes):
        return classes
    if isinstance(classes, Mapping):
        return {c.id: c.name for c in start.classes} | dict(classes)
    given = tuple(classes)
    return (*(c for c in start.classes if c.id not in {g.id for g in given}), *given)
