"""The classical methods by name. Adding one: a file with its class, and a line here."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_fcnseg.errors import AnnotationError, MethodError

if TYPE_CHECKING:
    from napari_fcnseg.annotations.classes import Classes
    from napari_fcnseg.classical.blobs import Blobs
    from napari_fcnseg.classical.options import Options
    from napari_fcnseg.classical.stroke_method import StrokeMethod


@dataclass(frozen=True)
class MethodEntry:
    """One method of the registry; its module is imported when it is made.

    Attributes
    ----------
    name
        For `classical_method`.
    module, cls
        Where its class is, in this folder: a frozen dataclass whose fields are its options, with
        their bounds in the annotations.
    summary
        One line for people.
    needs_strokes
        Whether it goes on from strokes; the others need nothing but the image.
    """

    name: str
    module: str
    cls: str
    summary: str
    needs_strokes: bool = True

    def load(self) -> "type[Options]":
        """Import the class."""
        module = import_module(f"napari_fcnseg.classical.{self.module}")
        cls: type[Options] = getattr(module, self.cls)
        return cls

    def options(self) -> dict[str, Any]:
        """Names and defaults of its options."""
        return {field.name: field.default for field in fields(self.load())}

    def make(self, options: Mapping[str, Any]) -> "Options":
        """Build it with its options; `MethodError` for one that is not known or not possible."""
        known = self.options()
        for option in options:
            if option not in known:
                raise MethodError(
                    f"{self.name} has no option {option!r}: {_meant(option, known)}its options: "
                    f"{', '.join(known)}"
                )
        return self.load()(**options)


_ENTRIES = (
    MethodEntry("random_walk", "random_walk", "RandomWalk", "random walker, Grady 2006"),
    MethodEntry("growing", "growing", "Growing", "regions that grow from strokes by least cost"),
    MethodEntry("watershed", "watershed", "Watershed", "watershed of the gradient from strokes"),
    MethodEntry("superpixels", "superpixels", "Superpixels", "superpixels that strokes touch"),
    MethodEntry("blobs", "blobs", "Blobs", "bright or dark blobs, Lindeberg 1998", False),
)
METHODS = {entry.name: entry for entry in _ENTRIES}


def list_classical() -> list[str]:
    """Names of all classical methods, for `classical_method`."""
    return list(METHODS)


def find_method(name: str) -> MethodEntry:
    """Return the entry called `name`, or raise `MethodError` with the known names."""
    if name not in METHODS:
        raise MethodError(
            f"unknown method {name!r}: {_meant(name, METHODS)}Known methods: {', '.join(METHODS)}"
        )
    return METHODS[name]


def classical_method(
    name: str,
    image: Any,
    annotation: Any = None,
    *,
    axes: str | None = None,
    classes: "Classes" = None,
    **options: Any,
) -> "StrokeMethod | Blobs":
    """Make a classical method for an image; `predict` and `segment` run it as they run a model.

    Parameters
    ----------
    name
        One of `list_classical`.
    image
        The image that was painted on, anything that `open_image` takes.
    annotation
        The strokes: an `Annotation`, labels or points, see `open_annotation`. Each plane is
        labelled from its own strokes; a method that needs none takes none.
    axes
        Of the image, where it does not say itself.
    classes
        Names of label values, see `open_annotation`.
    **options
        The method's own, for example ``beta`` of a random walk.

    Returns
    -------
    PlaneMethod

    Raises
    ------
    MethodError
        For an unknown name or option, or a value out of bounds.
    AnnotationError
        If strokes are missing, do not fit the image, or no plane has two classes of them where the
        method needs two.
    """
    entry = find_method(name)
    made = entry.make(options)
    from napari_fcnseg.annotations.annotation import Annotation, open_annotation
    from napari_fcnseg.classical.blobs import Blobs
    from napari_fcnseg.classical.stroke_method import PlaneLabeller, StrokeMethod
    from napari_fcnseg.images.open import open_image

    opened = open_image(image, axes=axes)
    method: StrokeMethod | Blobs
    if isinstance(made, PlaneLabeller):
        if annotation is None:
            raise AnnotationError(
                f"{name} goes on from strokes on {opened.name}, and there are none: give labels of "
                "some pixels of each class (--strokes)"
            )
        if not isinstance(annotation, Annotation):
            annotation = open_annotation(annotation, opened, classes)
        method = StrokeMethod(name, made, annotation)
    else:
        assert isinstance(made, Blobs)
        if annotation is not None:
            raise MethodError(f"{name} needs no strokes: leave them out (--strokes)")
        method = made
    method.check_fits(opened)
    return method


def _meant(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}? " if close else ""
