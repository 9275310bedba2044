"""The Annotate widget: layers to paint on, their classes, and predictions that are adopted."""

from collections.abc import Callable, Mapping
from functools import partial

from napari import Viewer
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_fcnseg.gui.adopt import Adoption, adopt, new_classes
from napari_fcnseg.gui.adopt_form import AdoptForm
from napari_fcnseg.gui.annotation_form import AnnotationForm
from napari_fcnseg.gui.annotation_layer import can_be_painted, new_annotation
from napari_fcnseg.gui.choices import LayerChoice
from napari_fcnseg.gui.class_editor import ClassEditor
from napari_fcnseg.gui.class_keys import KEYS, PIECE, WHOLE_ID, LayerKeys, key_of
from napari_fcnseg.gui.class_list import set_classes
from napari_fcnseg.gui.dock import DockContent
from napari_fcnseg.gui.form import Rows, folded
from napari_fcnseg.gui.layers import class_names
from napari_fcnseg.gui.panel import told


class AnnotateWidget(DockContent):
    """Makes layers to paint on, keeps their classes, and adopts what a network found.

    Parameters
    ----------
    viewer
        napari's viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.new = AnnotationForm(viewer)
        self.annotation = LayerChoice(
            viewer, Labels, "paint on", "Labels layer that holds the strokes", fits=can_be_painted
        )
        self.editor = ClassEditor()
        self.adopting = AdoptForm(viewer, self.annotation)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.making = folded("New annotation layer", self.new)
        self.adoption = folded("Adopt a prediction", self.adopting)
        self.fill([self.making, Rows([self.annotation]), self.editor, self.adoption, self.status])
        self._keys = LayerKeys(
            {key_of(i): partial(self.editor.paint_with, i) for i in KEYS}
            | {
                PIECE: partial(self._take, partial(self.adopting.under_cursor, connected=True)),
                WHOLE_ID: partial(self._take, partial(self.adopting.under_cursor, connected=False)),
            }
        )
        self.annotation.changed.connect(self._turn_to)
        self.editor.changed.connect(self.adopting.renew)
        self.new.button.clicked.connect(self._make)
        self.adopting.button.clicked.connect(lambda: self._take(self.adopting.by_rows))
        self._turn_to(self.annotation.value)
        if self.annotation.value is None:
            self.making.expand(animate=False)
        follow = (self.new.image, self.annotation, self.adopting.prediction, self.editor)
        self.at_end(*(part.unfollow for part in (*follow, self._keys)))

    def _turn_to(self, layer: Labels | None) -> None:
        """Go on with another layer, or with none."""
        self.editor.follow(layer)
        self._keys.follow(layer)

    def _make(self) -> None:
        with told():
            layer, path = new_annotation(self._viewer, *self.new.chosen())
            self.annotation.value = layer
            self.editor.paint_with(layer.selected_label or 1)
            self.making.collapse(animate=False)
            self.status.setText(f"strokes are kept in {path}" if path else "strokes are in memory")

    def _take(self, what: Callable[[], Adoption]) -> None:
        """Adopt a part of the prediction, and tell how much it was."""
        with told():
            layer, prediction = self.adopting.layers()
            wanted = what()
            found = adopt(layer, prediction, wanted)
            ids = found if wanted.as_class is None else ()
            if added := new_classes(layer, prediction, ids):
                set_classes(layer, [*self.editor.classes(), *added])
            self.status.setText(_told(found, class_names(layer), prediction, wanted))


def _told(
    found: Mapping[int, int], names: Mapping[int, str], prediction: Labels, wanted: Adoption
) -> str:
    if not found:
        return f"nothing adopted of {prediction.name}: there is none, or it is painted already"
    if wanted.as_class is not None:
        found = {wanted.as_class: sum(found.values())}
    each = ", ".join(f"{n:,} px of {names.get(i, i)}" for i, n in sorted(found.items()))
    return f"adopted {each}; undo takes it back"
