"""What of a prediction is adopted, and as what: the lower form of Annotate."""

from magicgui.widgets import CheckBox, ComboBox, SpinBox
from napari import Viewer
from napari.layers import Labels
from qtpy.QtWidgets import QFormLayout, QPushButton

from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui.adopt import Adoption
from napari_fcnseg.gui.choices import LayerChoice
from napari_fcnseg.gui.class_keys import PIECE, WHOLE_ID, shown
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import class_names, labels_image
from napari_fcnseg.gui.region import SCREEN, SHAPE, SLICE, chosen_region
from napari_fcnseg.images.grid import Spans

ALL, ONE = "all classes", "one id"
AS_IT_IS = 0


class AdoptForm(Rows):
    """Rows for the prediction, the part of it, and what it becomes; and the button.

    Parameters
    ----------
    viewer
        napari's viewer.
    annotation
        The choice of the layer that is painted on.
    """

    def __init__(self, viewer: Viewer, annotation: LayerChoice) -> None:
        self._viewer, self._annotation = viewer, annotation
        self.prediction = LayerChoice(
            viewer,
            Labels,
            "prediction",
            "Labels layer whose ids become strokes; it stays as it is",
            fits=lambda layer: layer is not annotation.value,
        )
        self.part = ComboBox(
            label="adopt", choices=[ALL, ONE], tooltip="Everything, or one class or object"
        )
        self.only = SpinBox(label="id", value=1, min=1, max=2**31 - 1, tooltip="Of the prediction")
        self.region = ComboBox(
            label="region",
            choices=[SLICE, SCREEN, SHAPE],
            tooltip="Which part of the slice that is looked at",
        )
        self.as_class = ComboBox(
            label="as",
            choices=self._classes,
            tooltip="Class that is painted; objects with ids of their own need one",
        )
        self.replace = CheckBox(
            label="replace",
            value=False,
            tooltip="Also where something else is painted. Otherwise strokes stay as they are",
        )
        self.replace.text = ""
        self.button = QPushButton("Adopt")
        self.button.setToolTip(
            f"{shown(PIECE)} over the image adopts the connected piece under the cursor, "
            f"{shown(WHOLE_ID)} all of its id in the region; both while the annotation is selected"
        )
        rows = [self.prediction, self.part, self.only, self.region, self.as_class, self.replace]
        super().__init__(rows)
        layout = self.layout()
        assert isinstance(layout, QFormLayout)
        layout.addRow(self.button)
        self.part.changed.connect(self._show_rows)
        self._show_rows()

    def renew(self) -> None:
        """Offer other layers and classes: another layer is painted on, or its classes changed."""
        chosen = self.as_class.value
        self.prediction.follow()
        self.as_class.reset_choices()
        self.as_class.value = chosen if chosen in self.as_class.choices else AS_IT_IS

    def layers(self) -> tuple[Labels, Labels]:
        """Return the layer that is painted on, and the prediction.

        Raises
        ------
        AnnotationError
            If there is none of one kind.
        """
        if self._annotation.value is None:
            raise AnnotationError("there is no layer to paint on: make a new annotation layer")
        if self.prediction.value is None:
            raise AnnotationError(
                "there is no prediction: train a network and segment the image, or open a Labels "
                "layer"
            )
        return self._annotation.value, self.prediction.value

    def by_rows(self) -> Adoption:
        """Return what the rows say."""
        only = self.only.value if self.part.value == ONE else None
        return Adoption(self.spans(), only, as_class=self._class(), replace=self.replace.value)

    def under_cursor(self, connected: bool) -> Adoption:
        """Return what has the id under the cursor, or of that what is `connected` there."""
        at, more = tuple(self._viewer.cursor.position), self.replace.value
        return Adoption(self.spans(), None, at, connected, self._class(), more)

    def spans(self) -> Spans:
        """Region of the slice that is looked at, in pixels of the layer that is painted on."""
        layer, _ = self.layers()
        image = labels_image(layer)
        seen = chosen_region(SLICE, self._viewer, layer, image)
        part = chosen_region(self.region.value, self._viewer, layer, image)
        assert seen is not None
        assert part is not None
        return (*seen[:-2], *part[-2:])

    def _class(self) -> int | None:
        return self.as_class.value or None

    def _classes(self, _: object = None) -> list[tuple[str, int]]:
        layer = self._annotation.value
        named = {} if layer is None else class_names(layer)
        classes = [(f"{i}: {name}", int(i)) for i, name in sorted(named.items()) if i]
        return [("the same id", AS_IT_IS), *classes]

    def _show_rows(self, _: object = None) -> None:
        self.show_row(self.only, self.part.value == ONE)
