"""What a person painted on an image, checked, as lazy training targets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import MAX_ID, SegClass, classes_by_value
from napari_fcnseg.annotations.everywhere import Everywhere
from napari_fcnseg.annotations.index import OWN_IDS, LabelIndex, Plane, build_index
from napari_fcnseg.annotations.instances import BORDER, INSIDE, Instances, instance_labels
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.annotations.points import Points
from napari_fcnseg.annotations.value_names import Unpainted, ValueNames
from napari_fcnseg.annotations.written import read_written
from napari_fcnseg.errors import AnnotationError, AxesError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.open import open_image
from napari_fcnseg.images.resample import Factors, resample_labels

IGNORE = -1
MAX_CLASSES = 64


@dataclass(frozen=True)
class Annotation:
    """Labels of one image.

    Attributes
    ----------
    labels
        Lazy label values, over the kept axes of the image.
    by_value
        Class of each label value; other values (0) are unlabelled.
    index
        Where the labelled pixels are, by label value.
    instances
        The opened ids of objects that `labels` are computed from, if so.
    """

    labels: Image
    by_value: Mapping[int, SegClass]
    index: LabelIndex
    instances: Instances | None = None

    @property
    def classes(self) -> tuple[SegClass, ...]:
        """Classes that carry labels here, by id."""
        present = {self.by_value[v] for v in self.index.counts}
        return tuple(sorted(present, key=lambda c: c.id))

    def named(self, classes: Iterable[SegClass]) -> "Annotation":
        """Give classes other names and colours.

        Parameters
        ----------
        classes
            Found by their ids; those that are not among them stay as they are.

        Returns
        -------
        Annotation
            The same labels.
        """
        by_id = {c.id: c for c in classes}
        renamed = {value: by_id.get(c.id, c) for value, c in self.by_value.items()}
        return replace(self, by_value=renamed)

    def repainted(self, planes: Collection[Plane] | None = None) -> "Annotation":
        """Read labels again that have changed where they are; new values stay unlabelled.

        Parameters
        ----------
        planes
            Positions along the axes before Y and X of what has changed; by default all.

        Returns
        -------
        Annotation
            The same labels with another index.
        """
        found = build_index(self.labels, 0 in self.by_value, planes)
        index = found if planes is None else self.index.without(planes).joined(found)
        known = [value for value in index.counts if value in self.by_value]
        kept = LabelIndex(
            {v: index.counts[v] for v in known}, {v: index.positions[v] for v in known}
        )
        return replace(self, index=kept)

    def resampled(self, factors: Factors) -> "Annotation":
        """See the labels at another pixel size.

        Parameters
        ----------
        factors
            New size of a pixel over its old one along Y and X. Most of the labels under a pixel
            decide, and thin strokes are not lost, see `resample_labels`.

        Returns
        -------
        Annotation
            Lazy; its index is made anew.
        """
        labels = resample_labels(self.labels, factors, 0 in self.by_value)
        seen = self.instances and replace(
            self.instances, ids=resample_labels(self.instances.ids, factors)
        )
        return replace(self, labels=labels, instances=seen).repainted()

    @cached_property
    def _value_to_id(self) -> NDArray[np.int64]:
        table = np.full(MAX_ID + 1, IGNORE, np.int64)
        for value, found in self.by_value.items():
            table[value] = found.id
        return table

    def read_ids(self, spans: Spans) -> NDArray[np.int64]:
        """Read a window of the labels.

        Parameters
        ----------
        spans
            ``((start, stop), ...)``, one pair for each kept axis, in pixels; they may reach
            beyond the image.

        Returns
        -------
        ndarray
            Class ids, int64, shape ``(stop - start, ...)``; -1 where unlabelled or outside the
            image.
        """
        ids = np.full([stop - start for start, stop in spans], IGNORE, np.int64)
        clipped = [
            (max(0, start), min(stop, n))
            for (start, stop), n in zip(spans, self.labels.kept_shape, strict=True)
        ]
        if all(start < stop for start, stop in clipped):
            inside = tuple(
                slice(c[0] - s[0], c[1] - s[0]) for c, s in zip(clipped, spans, strict=True)
            )
            values = self.labels.read(tuple(clipped))[0]
            ids[inside] = self._value_to_id[values.astype(np.int64)]
        return ids


def open_annotation(
    labels: Any,
    image: Image,
    classes: Mapping[int, str] | Iterable[SegClass] | None = None,
    unpainted: Unpainted = "ignore",
    name: str | None = None,
) -> Annotation:
    """Open labels of an image and check that they can train a network.

    Parameters
    ----------
    labels
        A path, an array or an `Image`: whole numbers, one for each pixel of `image`
        without its channels. Or `Points`, or a ``.csv`` of them; or `Instances`; or `Everywhere`
        (``"all=1"``), for an image without objects.
    image
        The image that was painted on.
    classes
        Names of label values, ``{1: "membrane", 2: "cell"}``, or the classes themselves.
        If given, it must have all values that occur. A named value 0 counts as painted.
        By default each value from 1 on is a class, with the name and colour that an OME-Zarr
        of labels tells.
    unpainted
        What a 0 is: ``"ignore"`` carries no loss; ``"background"``, of dense truth, is a
        class of its own with the id 0.
    name
        What messages call the labels; by default their file, or "the labels".

    Returns
    -------
    Annotation
        Lazy where the labels are; its pixels are class ids.

    Raises
    ------
    AnnotationError
        If the labels are not whole numbers, not of the image's shape, have ids that no
        class can have, or no labelled pixel; or `classes` are given for `Instances`.
    """
    labels, instances = read_written(labels), None
    if isinstance(labels, Points):
        if classes is not None:
            classes = tuple(classes_by_value(classes).values())
            labels = labels.numbered(classes)
        opened = labels.labels(image)
        classes = labels.classes if classes is None else classes
    elif isinstance(labels, Everywhere):
        opened = labels.labels(image)
        if not (labels.class_id or classes):
            unpainted = "background"  # a 0 that is meant
    elif isinstance(labels, Instances):
        if classes is not None:
            raise AnnotationError(
                "instances have the classes inside and border, and each object its own id: leave "
                "out classes= (--classes), or Instances (--instances) if the ids are of classes"
            )
        instances = replace(labels, ids=open_labels(labels.ids, image, name))
        opened, classes = instance_labels(instances.ids, labels.border), (INSIDE, BORDER)
    else:
        opened = open_labels(labels, image, name)
    meaning = ValueNames.of(classes, unpainted)
    index = build_index(opened, meaning.zero_counts)
    if not index.counts:
        raise AnnotationError(
            f"{opened.name} has no labelled pixel: paint some strokes of each class, with ids "
            "from 1 on"
        )
    named = meaning.of_values(index.counts, opened.name)
    if len(index.counts) > MAX_CLASSES:
        raise AnnotationError(
            f"{opened.name} holds {len(index.counts)} different ids; up to {MAX_CLASSES} classes "
            f"can be trained. {OWN_IDS}"
        )
    annotation = Annotation(opened, named, index, instances)
    return annotation.named(known_classes(opened.path)) if classes is None else annotation


def open_labels(labels: Any, image: Image, name: str | None = None) -> Image:
    """Open whole numbers, one for each pixel of `image` without its channels.

    Raises
    ------
    AnnotationError
        If they are not whole, or not of the image's shape.
    """
    if name is None and not isinstance(labels, Image | str | Path):
        name = "the labels"
    try:
        opened = open_image(labels, name=name)
    except AxesError:  # the image knows the axes
        try:
            opened = open_image(labels, axes=image.kept, name=name)
        except AxesError as error:
            raise AnnotationError(
                _other_shape(name or Path(labels).name, error.shape, image)
            ) from error
    if opened.channels > 1 and opened.shape != image.kept_shape:
        raise AnnotationError(
            f"{opened.name} has {opened.channels} channels; labels are one whole number per pixel"
        )
    if opened.shape != image.kept_shape:
        raise AnnotationError(_other_shape(opened.name, opened.shape, image))
    if opened.dtype.kind == "f":
        raise AnnotationError(
            f"{opened.name} holds {opened.dtype} numbers; labels are whole numbers. If they are "
            "class ids, convert them with .astype('uint8')"
        )
    return Image(opened.data, image.kept, name=opened.name, path=opened.path)


def _other_shape(name: str, shape: tuple[int, ...], image: Image) -> str:
    return (
        f"{name} has the shape {shape}, its image {image.name} has {image.kept_shape} "
        f"({image.kept}): labels need one value for each pixel of it"
    )
