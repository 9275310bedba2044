"""What to train, on which layers, and for how long: the rows of Train."""

from typing import Any

from magicgui.widgets import ComboBox, FloatSpinBox, SpinBox
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from napari.layers import Points as PointsLayer

from napari_fcnseg.errors import AnnotationError, ImageError
from napari_fcnseg.gui.choices import AxesChoice, LayerChoice, ModelChoice, trained_models
from napari_fcnseg.gui.form import Rows, set_exactly
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.painting import Painting
from napari_fcnseg.gui.preferences import DeviceChoice
from napari_fcnseg.nets.registry import find_net, list_nets
from napari_fcnseg.training.recipe import Recipe

IDS = [("classes", False), ("objects", True)]
IN_RECIPE = ("net", "minutes", "steps")
UNPAINTED = [("is not labelled", "ignore"), ("is background", "background")]


class TrainForm(Rows):
    """Rows for layers, network, budget and device.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        recipe = Recipe()
        self.image = LayerChoice(viewer, ImageLayer, "image", "What to segment")
        self.axes = AxesChoice(self.image)
        self.labels = LayerChoice(
            viewer,
            (Labels, PointsLayer),
            "strokes",
            "Labels layer with strokes, one id for each class; or Points layer with a feature "
            "'class', or a colour for each class",
            painted=True,
        )
        self.objects = ComboBox(
            label="ids are",
            choices=IDS,
            tooltip="Whether an id is that of a class, or each object has its own; then insides "
            "and borders are learned",
        )
        self.unpainted = ComboBox(
            label="unpainted",
            choices=UNPAINTED,
            tooltip="Strokes leave most pixels unlabelled; in dense labels 0 may be background",
        )
        self.start_from = ModelChoice(trained_models(viewer), to_start_from=True)
        self.net = ComboBox(label="network", choices=list_nets(), value=recipe.net)
        self.minutes = FloatSpinBox(
            label="minutes", value=recipe.minutes, min=0.05, max=100_000, step=0.5
        )
        self.minutes.tooltip = "How long to train; the learning rate falls over this time"
        self.steps = SpinBox(
            label="steps",
            value=recipe.steps,
            max=10**9,
            tooltip="Budget of the recipe that was opened: the same steps give the same weights "
            "again; 0 trains by minutes",
        )
        self.device = DeviceChoice()
        layers = [self.image, self.axes, self.labels, self.objects, self.unpainted]
        how = [self.start_from, self.net, self.minutes, self.steps, self.device]
        super().__init__([*layers, *how])
        for choice in (self.net, self.start_from, self.steps):
            choice.changed.connect(self._show_rows)
        self._show_rows()

    def told(self) -> dict[str, Any]:
        """Return the fields of a recipe that have a row here."""
        return {name: getattr(self, name).value for name in IN_RECIPE}

    def fill(self, recipe: Recipe) -> None:
        """Show those fields of a recipe."""
        for name in IN_RECIPE:
            row = getattr(self, name)
            with row.changed.blocked():
                set_exactly(row, getattr(recipe, name))
        self._show_rows()

    def chosen(self) -> Painting:
        """Return the chosen layers.

        Raises
        ------
        FcnsegError
            If one is missing, or its axes are not known.
        """
        if self.image.value is None:
            raise ImageError("there is no image layer: open an image, or File > Open Sample")
        if self.labels.value is None:
            raise AnnotationError(
                "there is no Labels layer: add one with the button over the layer list, and paint "
                "some strokes of each class"
            )
        image = layer_image(self.image.value, self.axes.axes())
        return Painting(self.image.value, image, self.labels.value)

    def _show_rows(self, _: object = None) -> None:
        """Hide what does not matter to a classifier that learns all labels at once."""
        of_steps = not find_net(self.net.value).fitted or self.start_from.model() is not None
        self.show_row(self.minutes, of_steps and not self.steps.value)
        self.show_row(self.steps, of_steps and self.steps.value > 0)
        self.show_row(self.device, of_steps)
