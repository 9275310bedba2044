"""The Measure widget: areas, objects and g-ratios of a Labels layer, as a table."""

from pathlib import Path

import pandas as pd
from magicgui.widgets import ComboBox, SpinBox
from napari import Viewer
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_fcnseg.annotations.classes import MAX_ID
from napari_fcnseg.annotations.value_names import Unpainted
from napari_fcnseg.errors import FcnsegError, ImageError
from napari_fcnseg.evaluation.class_pair import label_values
from napari_fcnseg.events import BlockDone, Event, Measured, Steps
from napari_fcnseg.gui.choices import LayerChoice
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.form import Rows
from napari_fcnseg.gui.layers import fitting_image, labels_image, layer_classes
from napari_fcnseg.gui.measure_table import MeasureTable
from napari_fcnseg.gui.panel import JobPanel, tell
from napari_fcnseg.refine.fractions import measure_classes
from napari_fcnseg.refine.g_ratio import measure_g_ratios
from napari_fcnseg.refine.measure import measure_objects
from napari_fcnseg.refine.table import Table

CLASSES, BACKGROUND, OBJECTS, AXONS = "classes", "background", "objects", "axons"
KINDS = [
    ("classes", CLASSES),
    ("classes, 0 is the background", BACKGROUND),
    ("objects", OBJECTS),
    ("axons and myelin", AXONS),
]
FEATURES = "napari", "Features table widget"


class MeasureWidget(DockContent):
    """Measures a Labels layer; objects have their measurements in its features, too.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Labels | None = None
        self._objects = False  # whether it is measured as objects
        self._table: Table | None = None
        self.labels = LayerChoice(viewer, Labels, "labels", "What is measured")
        self.kind = ComboBox(
            label="ids are",
            choices=KINDS,
            tooltip="Classes, objects with ids of their own, or axons with myelin around them",
        )
        self.image = LayerChoice(viewer, ImageLayer, "image", "Its intensity in each object")
        self.axon, self.myelin = (
            SpinBox(label=name, value=value, min=1, max=MAX_ID, tooltip="Id of that class")
            for name, value in (("axon", 3), ("myelin", 2))
        )
        self.panel = JobPanel("Measure", "Cancel")
        self.table = MeasureTable()
        self.save_button = QPushButton("Save CSV ...")
        self.save_button.setToolTip("All rows, with units in the names of the columns")
        self.features_button = QPushButton("Features table")
        self.features_button.setToolTip("Open napari's own table: a row chosen is an object shown")
        for button, act in (
            (self.save_button, self._ask_and_save),
            (self.features_button, self.show_features),
        ):
            button.setEnabled(False)
            button.clicked.connect(act)
        self.panel.started.connect(self.start)
        self.kind.changed.connect(self._show_rows)
        self.rows = Rows([self.labels, self.kind, self.image, self.axon, self.myelin])
        self._show_rows()
        self.fill([self.rows, self.panel, self.table, self.save_button, self.features_button])
        self.let_go(self.panel, self.labels, self.image)

    def _show_rows(self, _: object = None) -> None:
        """Show the rows that belong to what is measured."""
        self.rows.show_row(self.image, self.kind.value == OBJECTS)
        for row in (self.axon, self.myelin):
            self.rows.show_row(row, self.kind.value == AXONS)

    def start(self) -> None:
        """Start measuring; problems are told as notifications."""
        layer, kind = self.labels.value, self.kind.value
        if layer is None:
            tell(ImageError("there is no Labels layer: segment an image, or open labels"))
            return
        self._layer, self._objects, labels = layer, kind == OBJECTS, labels_image(layer)
        image = fitting_image(self.image.value, labels) if kind == OBJECTS else None
        axon, myelin = self.axon.value, self.myelin.value

        def make() -> Steps[Event]:
            if kind == OBJECTS:
                return measure_objects(labels, image)
            if kind == AXONS:
                return measure_g_ratios(labels, axon, myelin)
            classes = layer_classes(layer, [v for v in label_values(labels) if v])
            zero: Unpainted = "background" if kind == BACKGROUND else "ignore"
            return measure_classes(labels, classes=classes or None, unpainted=zero)

        self.panel.say(f"measuring {layer.name}")
        self.panel.run(make, self._receive)

    def save(self, path: Path) -> None:
        """Write the table; the person was asked before a file is replaced."""
        if self._table is None:
            return
        try:
            self._table.to_csv(path, overwrite=True)
            self.panel.say(f"written to {path}")
        except FcnsegError as error:
            tell(error)

    def show_features(self) -> None:
        """Open napari's table of the features of the layer."""
        if self._layer in self._viewer.layers:
            self._viewer.layers.selection.active = self._layer
        self._viewer.window.add_plugin_dock_widget(*FEATURES)

    def _receive(self, event: Event) -> None:
        match event:
            case BlockDone():
                self.panel.show_progress(event.done / event.blocks)
            case Measured():
                self._table = event.table
                self.table.show_table(event.table)
                self.save_button.setEnabled(True)
                self.features_button.setEnabled(self._give_features(event.table))
                told = [f"{len(event.table):,} rows in {event.elapsed:.1f} s", *event.table.notes]
                self.panel.say(". ".join(told))

    def _give_features(self, table: Table) -> bool:
        """Give the layer the measurements of its objects; ids of several times have no place."""
        layer = self._layer
        if not self._objects or layer is None or "T" in table.columns:
            return False
        columns = {"index" if name == "id" else name: c for name, c in table.columns.items()}
        layer.features = pd.DataFrame(columns or {"index": []})
        return True

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save table", "measured.csv", "CSV (*.csv)")
        if path:
            self.save(Path(path))
