"""What to refine, into what, and how: the form of the Refine widget."""

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, SpinBox
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time

from napari_fcnseg.annotations.instances import BORDER, INSIDE
from napari_fcnseg.gui.choices import AxesChoice, LayerChoice
from napari_fcnseg.gui.class_choice import ALL, ClassChoice
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.output import OutputChoice
from napari_fcnseg.gui.refine_settings import RefineSettings
from napari_fcnseg.refine.split import ROUNDS

IDS_OF, SHARES = "ids", "probabilities"
SOURCES = [("class ids", IDS_OF), ("probabilities", SHARES)]
CLASSES, OBJECTS = "classes", "objects"
MADE = [("better classes", CLASSES), ("objects", OBJECTS)]
CONNECTED, SPLIT = "connected", "split"
RULES = [("what is connected", CONNECTED), ("insides that grow", SPLIT)]
SLICES = [("together", "ZYX"), ("each by itself", "YX")]


class RefineForm(Rows):
    """Rows for the source, what is made of it, and the output; others are hidden.

    Parameters
    ----------
    viewer
        napari's viewer.
    settings
        Rows that are folded away.

    Attributes
    ----------
    fold
        Emitted with whether any of those apply.
    """

    fold = Signal(bool)

    def __init__(self, viewer: Viewer, settings: RefineSettings) -> None:
        self._settings = settings
        self.source = ComboBox(
            label="from",
            choices=SOURCES,
            tooltip="Class ids of a Labels layer; or probabilities, an image with a channel for "
            "each class",
        )
        self.labels = LayerChoice(viewer, Labels, "labels", "What to refine; it stays as it is")
        self.probabilities = LayerChoice(
            viewer, ImageLayer, "probabilities", "What to refine; a channel for each class"
        )
        self.axes = AxesChoice(self.probabilities)
        self.made = ComboBox(
            label="make",
            choices=MADE,
            tooltip="Classes with better edges, without crumbs; or objects with ids of their own",
        )
        self.crf = CheckBox(
            label="CRF",
            value=True,
            tooltip="Neighbours that look alike in the image agree on a class: edges follow it",
        )
        self.crf.text = ""
        self.image = LayerChoice(viewer, ImageLayer, "image", "What was segmented, for the CRF")
        self.smooth = FloatSpinBox(
            label="smoothing",
            max=100,
            step=0.5,
            tooltip="Standard deviation in pixels of a Gaussian over the probabilities; 0: none",
        )
        self.rule = ComboBox(
            label="objects are",
            choices=RULES,
            tooltip="Connected pixels of a class; or, of a network that learned objects, insides "
            "that grow over their borders, which splits what touches",
        )
        self.class_id = ClassChoice("of class", "Class whose pixels become objects", ALL)
        self.inside = ClassChoice("inside", "Class of the insides: seeds of objects", INSIDE.id)
        self.border = ClassChoice("border", "Class of the borders: seeds grow there", BORDER.id)
        self.grow = SpinBox(label="grow", value=ROUNDS, max=1000, tooltip="At most so many pixels")
        self.min_size = SpinBox(
            label="smallest",
            max=10**9,
            tooltip="In pixels. Smaller islands of a class take the class around them, smaller "
            "objects or seeds are left out; 0: all stay",
        )
        self.slices = ComboBox(
            label="slices",
            choices=SLICES,
            tooltip="Whether islands and objects reach from slice to slice",
        )
        self.output = OutputChoice()
        source = [self.source, self.labels, self.probabilities, self.axes, self.made]
        objects = [self.rule, self.class_id, self.inside, self.border, self.grow]
        rest = [self.min_size, self.slices, self.output, self.output.path]
        super().__init__([*source, self.crf, self.image, self.smooth, *objects, *rest])
        deciding = (self.source, self.made, self.crf, self.rule, self.output)
        for row in (*deciding, self.labels, self.probabilities):
            row.changed.connect(self.show_rows)

    @property
    def layer(self) -> Labels | ImageLayer | None:
        """Layer that is refined."""
        row = self.labels if self.source.value == IDS_OF else self.probabilities
        layer: Labels | ImageLayer | None = row.value
        return layer

    def splits(self) -> bool:
        """Whether objects are insides that grow; of probabilities they always are."""
        return bool(self.rule.value == SPLIT or self.source.value == SHARES)

    def show_rows(self, _: object = None) -> None:
        """Show the rows that belong to the choices."""
        shares, objects = self.source.value == SHARES, self.made.value == OBJECTS
        split = objects and self.splits()
        self.show_row(self.labels, not shares)
        self.show_row(self.probabilities, shares)
        self.show_row(self.axes, shares)
        self.show_row(self.crf, not objects)
        self.show_row(self.smooth, not objects)
        self.show_row(self.image, not objects and self.crf.value)
        self.show_row(self.rule, objects and not shares)
        self.show_row(self.class_id, objects and not split)
        for row in (self.inside, self.border, self.grow):
            self.show_row(row, split)
        self.show_row(self.slices, self.layer is None or self.layer.ndim > 2)
        self.show_row(self.output.path, self.output.value == "file")
        for choice in (self.class_id, self.inside, self.border):
            choice.name_by(self.layer)
        crf = self.crf.value and not objects
        self.fold.emit(self._settings.show_for(crf, objects and not split, split and shares))
