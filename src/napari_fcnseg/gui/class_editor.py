"""The table of classes with what changes them: add, rename, colour, remove."""

from collections.abc import Sequence
from dataclasses import replace

from napari.layers import Labels
from qtpy.QtCore import Signal  # type: ignore[attr-defined]  # qtpy names it at run time
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.gui.class_list import (
    annotated_classes,
    another_class,
    renamed,
    set_classes,
    without,
)
from napari_fcnseg.gui.class_table import ClassTable
from napari_fcnseg.gui.layers import class_names
from napari_fcnseg.gui.panel import told
from napari_fcnseg.gui.stroke_counts import StrokeCounts

DRAWS = ("paint", "polygon", "fill")  # tools that paint with a class


class ClassEditor(QWidget):
    """Classes of one layer; each change goes into the layer, and into its folder.

    Attributes
    ----------
    changed
        Emitted when the classes are others.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._layer: Labels | None = None
        self.table, self.strokes = ClassTable(), StrokeCounts()
        self.add_button = QPushButton("Add class")
        self.colour_button = QPushButton("Colour ...")
        self.remove_button = QPushButton("Remove class")
        buttons = QHBoxLayout()
        for button in (self.add_button, self.colour_button, self.remove_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.table.chosen.connect(self.paint_with)
        self.table.renamed.connect(self.rename)
        self.table.recoloured.connect(self.recolour)
        self.add_button.clicked.connect(self.add)
        self.colour_button.clicked.connect(lambda: self.recolour(self.table.chosen_id()))
        self.remove_button.clicked.connect(lambda: self.remove(self.table.chosen_id()))
        self.strokes.counted.connect(self._name_painted)
        self.follow(None)

    def follow(self, layer: Labels | None) -> None:
        """Show the classes of another layer, or of none."""
        self.unfollow()
        self._layer = layer
        if layer is not None:
            layer.events.selected_label.connect(self._mark)
            layer.events.features.connect(self.show_classes)
        self.setEnabled(layer is not None)
        self.strokes.follow(layer)
        self.show_classes()

    def unfollow(self, _: object = None) -> None:
        """Let go of the layer."""
        self.strokes.unfollow()
        if self._layer is not None:
            self._layer.events.selected_label.disconnect(self._mark)
            self._layer.events.features.disconnect(self.show_classes)
            self._layer = None

    def classes(self) -> list[SegClass]:
        """Classes of the layer: named ones, and those that are painted."""
        return annotated_classes(self._layer, [*(self.strokes.counts or ())]) if self._layer else []

    def paint_with(self, class_id: int) -> None:
        """Take the brush of a class."""
        if self._layer is not None:
            self._layer.selected_label = class_id
            if self._layer.mode not in DRAWS:
                self._layer.mode = "paint"

    def add(self) -> None:
        """Add a class, and paint with it."""
        with told():
            new = another_class(self.classes())
            self._set([*self.classes(), new])
            self.paint_with(new.id)

    def rename(self, class_id: int, name: str) -> None:
        """Give a class another name."""
        with told():
            self._set(renamed(self.classes(), class_id, name))
        self.show_classes()  # what was typed in vain goes, too

    def recolour(self, class_id: int) -> None:
        """Ask for another colour of a class."""
        for c in self.classes():
            if c.id == class_id:
                colour = QColorDialog.getColor(QColor(c.color), self, f"Colour of {c.name}")
                if colour.isValid():
                    new = replace(c, color=colour.name())
                    with told():
                        self._set([new if o.id == class_id else o for o in self.classes()])

    def remove(self, class_id: int) -> None:
        """Remove a class that has no strokes; refuse if it has."""
        if self._layer is not None:
            counts = self.strokes.counts if self.strokes.settled else None
            with told():
                self._set(without(self.classes(), class_id, counts, self._layer))

    def show_classes(self, _: object = None) -> None:
        """Show the classes as they are."""
        current = 0 if self._layer is None else self._layer.selected_label
        self.table.show_classes(self.classes(), self.strokes.counts, current)
        self.changed.emit()

    def _name_painted(self) -> None:
        """Show new counts; who paints with an id that has no class yet gets one."""
        named = class_names(self._layer) if self._layer else {}
        if named and any(c.id not in named for c in self.classes()):
            with told():
                self._set(self.classes())
        else:
            self.show_classes()

    def _set(self, classes: Sequence[SegClass]) -> None:
        assert self._layer is not None
        set_classes(self._layer, classes)
        self.show_classes()

    def _mark(self, _: object = None) -> None:
        if self._layer is not None:
            self.table.choose(self._layer.selected_label)
