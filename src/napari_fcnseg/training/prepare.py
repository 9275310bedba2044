"""From images and annotations to what a training run works on, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import Annotation, open_annotation
from napari_fcnseg.annotations.classes import Classes, SegClass, default_class
from napari_fcnseg.annotations.index import OWN_IDS
from napari_fcnseg.annotations.points import Points
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.annotations.written import read_written
from napari_fcnseg.errors import AnnotationError, ImageError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.training.resolution import match_pixel_sizes

MANY = 12  # classes beyond which it may well be ids of objects


@dataclass(frozen=True)
class TrainingData:
    """Annotated images and the classes that occur in them.

    Attributes
    ----------
    images, annotations
        Of equal number; all images have equally many channels, and one pixel size where it
        is known of all.
    classes
        By id.
    notes
        What a person should know.
    replayed
        How many of the last images are of an older training, replayed so that it is not
        forgotten.
    """

    images: tuple[Image, ...]
    annotations: tuple[Annotation, ...]
    classes: tuple[SegClass, ...]
    notes: tuple[str, ...] = ()
    replayed: int = 0

    def known_as(self, classes: tuple[SegClass, ...], notes: tuple[str, ...]) -> "TrainingData":
        """Return the same for other classes, and with further notes."""
        annotations = tuple(a.named(classes) for a in self.annotations)
        return replace(self, annotations=annotations, classes=classes, notes=(*self.notes, *notes))

    @property
    def pixel_size(self) -> PixelSize | None:
        """Of what the network sees; ``None`` if it is not known of all images."""
        sizes = [PixelSize.of(image) for image in self.images]
        return None if None in sizes else sizes[0]

    @property
    def pixels(self) -> dict[str, int]:
        """Labelled pixels of each class."""
        totals = dict.fromkeys((c.name for c in self.classes), 0)
        for annotation in self.annotations:
            for value, count in annotation.index.counts.items():
                totals[annotation.by_value[value].name] += count
        return totals

    def sample(self, size: Sequence[int]) -> NDArray[np.float32]:
        """Raw pixels around a labelled pixel, shape ``(channels, *size)``."""
        image, annotation = self.images[0], self.annotations[0]
        at = next(iter(annotation.index.positions.values()))[0].tolist()
        leading = len(at) - len(size)
        window = [(i, i + 1) for i in at[:leading]]
        window += [(i - n // 2, i - n // 2 + n) for i, n in zip(at[leading:], size, strict=True)]
        pixels = image.read(tuple(window)).astype(np.float32)
        return np.nan_to_num(pixels.reshape(-1, *size))


def prepare(
    images: Any,
    annotations: Any,
    axes: str | None = None,
    classes: Classes = None,
    unpainted: Unpainted = "ignore",
    fewest: int = 2,
    pixel_size: float | PixelSize | None = None,
) -> TrainingData:
    """Open images and annotations and check that they can train a network together.

    Parameters
    ----------
    images, annotations
        One of each, or lists of equal length: whatever `open_image` and
        `open_annotation` take. An `Annotation` is taken as it is.
    axes, classes, unpainted
        See `open_image` and `open_annotation`; they hold for all.
    fewest
        Classes that must have labels.
    pixel_size
        See `match_pixel_sizes`.

    Raises
    ------
    FcnsegError
        If anything cannot be opened or does not fit, or fewer classes have labels.
    """
    opened = tuple(open_image(image, axes=axes) for image in as_list(images))
    labels = [read_written(label) for label in as_list(annotations)]
    if classes is None:
        classes = _names_of_points(labels)
    if len(opened) != len(labels) or not opened:
        raise AnnotationError(
            f"{len(opened)} images and {len(labels)} annotations are given; give one annotation "
            "for each image, in the same order"
        )
    if len({image.channels for image in opened}) > 1:
        found = ", ".join(f"{image.name}: {image.channels}" for image in opened)
        raise ImageError(
            f"the images have different numbers of channels ({found}); train on images of one kind"
        )
    named = tuple(classes) if classes is not None and not isinstance(classes, Mapping) else classes
    annotated = tuple(
        label if isinstance(label, Annotation) else open_annotation(label, image, named, unpainted)
        for label, image in zip(labels, opened, strict=True)
    )
    opened, annotated, resampled = match_pixel_sizes(opened, annotated, pixel_size)
    present: dict[int, SegClass] = {}
    for annotation in annotated:
        for c in annotation.classes:
            if present.setdefault(c.id, c).name != c.name:
                raise AnnotationError(
                    f"the id {c.id} is called {present[c.id].name!r} in one place and {c.name!r} "
                    "in another; give each class one id and one name"
                )
    if len(present) < fewest:
        only = next(iter(present.values()))
        raise AnnotationError(
            f"only the class {only.name!r} (id {only.id}) is painted; a network learns to tell at "
            "least two classes apart: paint some strokes of another class, for example of the "
            'background, or declare dense labels with unpainted="background" '
            "(--unpainted background)"
        )
    _check_names(tuple(present.values()))
    wanted = {c.id: c for annotation in annotated for c in annotation.by_value.values()}
    notes = [note for image in opened for note in image.notes] + resampled
    notes += [
        f"the class {c.name!r} has no labels and is left out"
        for i, c in sorted(wanted.items())
        if i not in present
    ]
    if len(present) > MANY:
        notes.append(f"there are {len(present)} classes. {OWN_IDS}")
    in_order = tuple(present[i] for i in sorted(present))
    return TrainingData(opened, annotated, in_order, tuple(notes))


def _names_of_points(labels: Sequence[Any]) -> Classes:
    """Classes of points that know them by names: one list for all, or none if there are no such."""
    named = [label for label in labels if isinstance(label, Points) and label.by_name]
    if len(labels) < 2 or not named:
        return None
    if len(named) < len(labels):
        raise AnnotationError(
            f"the classes of {named[0].name} have names, those of other labels have ids: say which "
            "belong together with classes={1: 'name', 2: 'other'} (--classes 1=name,2=other)"
        )
    names = list(dict.fromkeys(c.name for points in named for c in points.classes))
    return [default_class(i, name) for i, name in enumerate(names, 1)]


def _check_names(classes: Sequence[SegClass]) -> None:
    """Raise `AnnotationError` if two classes have one name: their scores would be mixed up."""
    named: dict[str, int] = {}
    for c in classes:
        if c.name in named:
            raise AnnotationError(
                f"the ids {named[c.name]} and {c.id} are both called {c.name!r}; give each class "
                "its own name, or both the same id"
            )
        named[c.name] = c.id


def as_list(given: Any) -> list[Any]:
    """Return what is given as a list: one thing, or several in a list or tuple."""
    return list(given) if isinstance(given, list | tuple) else [given]
