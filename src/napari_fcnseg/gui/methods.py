"""Rows for methods that need no training: strokes that they go on from, and their options."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints

from magicgui.widgets import SpinBox
from magicgui.widgets.bases import BaseValueWidget
from napari import Viewer
from napari.layers import Labels

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.classes import MAX_ID
from napari_fcnseg.classical.colours import cluster_colours
from napari_fcnseg.classical.methods import METHODS, classical_method, find_method
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.choices import LayerChoice, ModelChoice, TrainedModels
from napari_fcnseg.gui.form import annotated_row
from napari_fcnseg.gui.layers import layer_classes, layer_data
from napari_fcnseg.images.image import Image
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.models.model import Model

CLUSTERS = "clusters"  # it becomes a model, but learns in a moment and without strokes
Maker = Callable[[Image], Model | PlaneMethod]


class MakerChoice(ModelChoice):
    """Models of the session, and the methods that need none."""

    def __init__(self, session: TrainedModels) -> None:
        super().__init__(session)
        self.tooltip = f"{self.tooltip}; or a method that needs no training"

    def _names(self, _: object = None) -> list[tuple[str, Any]]:
        methods = [(entry.summary, name) for name, entry in METHODS.items()]
        return [*super()._names(), *methods, ("clusters of colours (k-means)", CLUSTERS)]

    def method(self) -> str | None:
        """Return the name of the chosen method, if it is none of the models."""
        return self.value if isinstance(self.value, str) else None

    def model(self) -> Model | None:
        """Return the chosen model."""
        return None if self.method() else super().model()


class MethodRows:
    """Rows of all methods; those of one are shown at a time.

    Parameters
    ----------
    viewer
        napari's viewer.

    Attributes
    ----------
    strokes
        The layer that a method goes on from.
    """

    def __init__(self, viewer: Viewer) -> None:
        tip = "What was painted on this image: each plane is labelled from the strokes on it"
        self.strokes = LayerChoice(viewer, Labels, "strokes", tip, painted=True)
        self._options: dict[str, dict[str, BaseValueWidget[Any]]] = {}
        for name, entry in METHODS.items():
            cls = entry.load()
            hints = get_type_hints(cls, include_extras=True)
            self._options[name] = {
                f.name: annotated_row(f.name, f.default, hints[f.name]) for f in fields(cls)
            }
        tip = "Colours that pixels are sorted by; each is a class"
        self._options[CLUSTERS] = {
            "clusters": SpinBox(label="clusters", value=3, min=2, max=MAX_ID, tooltip=tip)
        }

    @property
    def rows(self) -> list[BaseValueWidget[Any]]:
        """All rows."""
        options = [row for rows in self._options.values() for row in rows.values()]
        return [self.strokes, *options]

    def shown(self, method: str | None) -> set[BaseValueWidget[Any]]:
        """Return the rows that belong to a method."""
        if method is None:
            return set()
        strokes = {self.strokes} if self._needs_strokes(method) else set()
        return strokes | set(self._options[method].values())

    def option(self, method: str, name: str) -> BaseValueWidget[Any]:
        """Return the row of an option."""
        return self._options[method][name]

    def maker(self, method: str) -> Maker:
        """Return what makes the method for an image; that reads pixels, so a thread calls it.

        Raises
        ------
        AnnotationError
            If it needs strokes, and no layer has any.
        """
        options = {name: row.value for name, row in self._options[method].items()}
        if method == CLUSTERS:
            return lambda image: cluster_colours(image, **options)
        if not self._needs_strokes(method):
            return lambda image: classical_method(method, image, **options)
        painted: Labels | None = self.strokes.value
        if painted is None:
            raise AnnotationError(
                "there is no Labels layer with strokes: add one with the button over the layer "
                "list, and paint some strokes of two classes or more"
            )
        data, classes = layer_data(painted), layer_classes(painted, range(1, MAX_ID + 1))
        name = f"layer {painted.name!r}"

        def make(image: Image) -> PlaneMethod:
            annotation = open_annotation(data, image, name=name).named(classes)
            return classical_method(method, image, annotation, **options)

        return make

    def strokes_of(self, method: str) -> Labels | None:
        """Return the layer that a method goes on from, if it needs one."""
        painted: Labels | None = self.strokes.value
        return painted if self._needs_strokes(method) else None

    @staticmethod
    def _needs_strokes(method: str) -> bool:
        return method != CLUSTERS and find_method(method).needs_strokes
