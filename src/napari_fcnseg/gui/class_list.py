"""Classes of a layer that is painted on: read, changed, and put back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from napari.layers import Labels

from napari_fcnseg.annotations.classes import MAX_ID, SegClass, default_class
from napari_fcnseg.annotations.stored_classes import folder_of, write_classes
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.layers import class_names, layer_classes, show_classes


def annotated_classes(layer: Labels, painted: Iterable[int]) -> list[SegClass]:
    """Classes of a layer by id: those it names, and those of `painted` ids without a name."""
    ids = sorted(i for i in {*class_names(layer), *painted} if 0 < i <= MAX_ID)
    shown = layer_classes(layer, ids)
    return [c if _is_seen(layer, c.id) else default_class(c.id, c.name) for c in shown]


def set_classes(layer: Labels, classes: Iterable[SegClass]) -> None:
    """Show names and colours of classes, and write them into the layer's folder, if it has one.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    ordered = sorted(classes, key=lambda c: c.id)
    others = layer.features.drop(columns="class", errors="ignore")
    show_classes(layer, ordered)
    if "index" in others and others.shape[1] > 1:  # measured ones, for example
        layer.features = layer.features.merge(others, on="index", how="left")
    if folder := folder_of(layer.data):
        write_classes(folder, ordered)


def another_class(classes: Sequence[SegClass]) -> SegClass:
    """Return a new class with the smallest free id, and a name that none has."""
    taken, names = {c.id for c in classes}, {c.name for c in classes}
    for i in range(1, MAX_ID + 1):
        if i not in taken and default_class(i).name not in names:
            return default_class(i)
    raise AnnotationError(
        f"there are {len(taken)} classes, and no more ids are left: remove one that you do not need"
    )


def renamed(classes: Sequence[SegClass], class_id: int, name: str) -> list[SegClass]:
    """Give one class another name; each has one of its own."""
    for c in classes:
        if c.name == name and c.id != class_id:
            raise AnnotationError(f"class {c.id} is called {name!r}: take another name")
    return [replace(c, name=name or c.name) if c.id == class_id else c for c in classes]


def without(
    classes: Sequence[SegClass], class_id: int, counts: Mapping[int, int] | None, layer: Labels
) -> list[SegClass]:
    """Leave out a class that has no strokes.

    Parameters
    ----------
    classes, class_id
        Of `layer`, and the one to be left out.
    counts
        Labelled pixels; ``None`` while they are being counted.
    layer
        What is painted on.

    Raises
    ------
    AnnotationError
        If it has strokes, or is the last class.
    """
    name = {c.id: c.name for c in classes}.get(class_id)
    if name is None:
        raise AnnotationError("choose the class to remove in the table")
    if len(classes) == 1:
        raise AnnotationError(f"{name} is the only class: rename it, or add another one first")
    if counts is None:
        raise AnnotationError(f"the pixels of {name} are being counted: try again in a moment")
    if counts.get(class_id):
        raise AnnotationError(
            f"class {class_id} ({name}) has {counts[class_id]:,} labelled pixels in the layer "
            f"{layer.name}: erase them or paint over them, then remove it"
        )
    return [c for c in classes if c.id != class_id]


def _is_seen(layer: Labels, class_id: int) -> bool:
    colour = layer.get_color(class_id)
    return colour is not None and colour[3] > 0
