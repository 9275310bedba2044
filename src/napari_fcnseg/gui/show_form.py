"""What is shown of which layers: the form of the Show widget."""

from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit
from magicgui.widgets.bases import BaseValueWidget
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels

from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import ImageError
from napari_fcnseg.gui.bands import Bands
from napari_fcnseg.gui.choices import AxesChoice, LayerChoice
from napari_fcnseg.gui.class_choice import ClassChoice
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import (
    fitting_image,
    labels_image,
    layer_data,
    layer_image,
    layer_path,
)
from napari_fcnseg.gui.picture import Picture
from napari_fcnseg.gui.portrait import Portrait
from napari_fcnseg.refine.display import BANDS as LEVELS

PORTRAIT, BANDS = "portrait", "bands"
PICTURES = [("a class, the rest blurred", PORTRAIT), ("bands of a probability", BANDS)]
Row = BaseValueWidget[Any]
BLURRED, DARK, BRIGHT = "blurred", "dark", "bright"


class ShowForm(Rows):
    """Rows for a portrait or for bands; those of the other are hidden.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.picture = ComboBox(
            label="show",
            choices=PICTURES,
            tooltip="A portrait of a class, or contours along which its probability is the same",
        )
        self.image = LayerChoice(viewer, ImageLayer, "image", "What is portrayed")
        self.labels = LayerChoice(viewer, Labels, "labels", "Its classes")
        self.keep = ClassChoice("keep", "Class that stays as it is", 1)
        self.outside = ComboBox(
            label="outside",
            choices=[BLURRED, DARK, BRIGHT],
            tooltip="All else is blurred, or filled with the end of the contrast limits",
        )
        self.blur = FloatSpinBox(
            label="blur",
            value=8,
            min=0.5,
            max=200,
            tooltip="Standard deviation of the Gaussian outside, in pixels",
        )
        self.probabilities = LayerChoice(
            viewer, ImageLayer, "probabilities", "A channel for each class, or one class"
        )
        self.axes = AxesChoice(self.probabilities)
        self.class_id = ClassChoice("of class", "Whose probability", 1)
        self.levels = LineEdit(
            label="levels",
            value=", ".join(map(str, LEVELS)),
            tooltip="Probabilities between 0 and 1, with commas between",
        )
        self.follow = CheckBox(
            label="follow", value=True, tooltip="Show the next slice, too, when you go there"
        )
        self.follow.text = ""
        self._portrait: list[Row] = [self.image, self.labels, self.keep, self.outside, self.blur]
        self._bands: list[Row] = [self.probabilities, self.axes, self.class_id, self.levels]
        super().__init__([self.picture, *self._portrait, *self._bands, self.follow])
        for row in (self.picture, self.outside, self.labels, self.probabilities):
            row.changed.connect(self._show_rows)
        self._show_rows()

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that belong to the choices."""
        portrait = self.picture.value == PORTRAIT
        for row in self._portrait:
            self.show_row(row, portrait)
        for row in self._bands:
            self.show_row(row, not portrait)
        self.show_row(self.blur, portrait and self.outside.value == BLURRED)
        self.keep.name_by(self.labels.value)
        self.class_id.name_by(self.probabilities.value)

    def chosen(self) -> Picture:
        """Return what is to be shown.

        Raises
        ------
        AxesError, ImageError
            If something is missing, or does not fit.
        """
        return self._chosen_portrait() if self.picture.value == PORTRAIT else self._chosen_bands()

    def _chosen_portrait(self) -> Portrait:
        source, classes = self.image.value, self.labels.value
        if source is None or classes is None:
            raise ImageError(
                "a portrait takes two layers: choose an image, and labels of its classes"
            )
        labels = labels_image(classes)
        image = fitting_image(source, labels)
        if image is None:
            raise ImageError(
                f"the layer {source.name} has the shape {tuple(layer_data(source).shape)}, "
                f"{classes.name} is {labels.kept} {labels.kept_shape}: choose the labels of that "
                "image, or give it axis labels such as z, y, x"
            )
        darkest, brightest = source.contrast_limits
        outside = {BLURRED: None, DARK: darkest, BRIGHT: brightest}[self.outside.value]
        kept, blur = self.keep.value, self.blur.value
        return Portrait(self._viewer, source, image, classes, labels, kept, blur, outside)

    def _chosen_bands(self) -> Bands:
        source = self.probabilities.value
        if source is None:
            raise ImageError(
                "there is no image layer with probabilities: open what fcnseg predict --output "
                "probabilities wrote"
            )
        image, chosen = layer_image(source, self.axes.axes()), self.class_id.value
        ids = [c.id for c in known_classes(layer_path(source))] or range(1, image.channels + 1)
        if image.channels > 1 and chosen not in ids:
            raise ImageError(
                f"the layer {source.name} has {image.channels} channels, of the classes "
                f"{', '.join(map(str, ids))}: choose one of them under 'of class'"
            )
        channel = ids.index(chosen) if image.channels > 1 else 0
        return Bands(self._viewer, source, image, channel, _levels(self.levels.value))


def _levels(text: str) -> list[float]:
    """Read levels with commas between."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ImageError(
            f"cannot read the levels {text!r}: write probabilities with commas between, for "
            "example 0.2, 0.5, 0.8"
        ) from error
