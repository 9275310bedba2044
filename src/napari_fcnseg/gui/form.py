"""Forms: rows with aligned labels, and one made from a recipe."""

import dataclasses
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from magicgui.widgets import CheckBox, FloatSpinBox, create_widget
from magicgui.widgets.bases import BaseValueWidget
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget
from superqt import QCollapsible

from napari_fcnseg.limits import check_field
from napari_fcnseg.nets.registry import find_net, known_options
from napari_fcnseg.training.recipe import Recipe

# Options of networks that have a row: a first value, its type and its bounds.
NUMBERS: dict[str, tuple[int, type, dict[str, Any]]] = {
    "depth": (4, int, {"min": 1, "max": 512, "tooltip": "Resolution levels"}),
    "width": (16, int, {"min": 1, "max": 512, "tooltip": "Channels of the first layer"}),
    "neighbours": (1, int, {"min": 0, "max": 16, "tooltip": "Slices seen on each side"}),
    "flat": (0, int, {"min": 0, "max": 7, "tooltip": "Levels that work slice by slice"}),
    "trees": (50, int, {"min": 1, "max": 1000, "tooltip": "Decision trees, which vote"}),
    "leaves": (1024, int, {"min": 2, "max": 4096, "tooltip": "Of a tree, at most"}),
    "clusters": (8, int, {"min": 1, "max": 255, "tooltip": "Colours that pixels are sorted by"}),
}
OF_ALL = ("validation", "gap", "normalisation", "normalise_each", "seed")  # no gradients needed
SHRINK = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class Rows(QWidget):
    """One row for each widget: its label, and the widget as wide as there is room."""

    def __init__(self, widgets: Iterable[BaseValueWidget[Any]]) -> None:
        super().__init__()
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._labels: dict[BaseValueWidget[Any], QLabel] = {}
        for widget in widgets:
            label = QLabel(widget.label)
            label.setToolTip(widget.tooltip or "")
            layout.addRow(label, widget.native)
            for box in [widget.native, *widget.native.findChildren(QComboBox)]:
                if isinstance(box, QComboBox):  # long names of layers do not widen the form
                    box.setSizeAdjustPolicy(SHRINK)
                    box.setMinimumContentsLength(12)
            self._labels[widget] = label

    def show_row(self, widget: BaseValueWidget[Any], shown: bool) -> None:
        """Show or hide a row."""
        self._labels[widget].setVisible(shown)
        widget.native.setVisible(shown)


class RecipeForm(Rows):
    """Edits the fields of a recipe and the whole-number options of its network.

    Parameters
    ----------
    recipe
        Where the values start.
    leave_out
        Fields that have a place elsewhere; they keep the values of `recipe`.

    Attributes
    ----------
    widgets
        By the name of what they edit.
    """

    def __init__(self, recipe: Recipe, leave_out: tuple[str, ...]) -> None:
        self._net = {name: field_row(name, *NUMBERS[name]) for name in NUMBERS}
        hints = get_type_hints(Recipe, include_extras=True)
        self._fields = {
            f.name: annotated_row(f.name, getattr(recipe, f.name), hints[f.name])
            for f in dataclasses.fields(recipe)
            if f.name not in (*leave_out, "net_options", "class_weights")
        }
        self.widgets = self._net | self._fields
        super().__init__(self.widgets.values())
        self._start = recipe
        self.fill(recipe)

    def fill(self, recipe: Recipe) -> None:
        """Show a recipe; what has no row is kept as it is there.

        Raises
        ------
        NetError
            If its network, or an option of that, is not known. Then nothing changes.
        RecipeError
            If a row has no room for an option. Then nothing changes, too.
        """
        known = known_options(recipe.net, recipe.net_options)
        for name, value in recipe.net_options.items():
            if name in NUMBERS and isinstance(known[name], int):
                check_field(name, value, Annotated[NUMBERS[name][1:]])
        self.choose_net(recipe.net)
        self._start = recipe
        for name in self._shown & recipe.net_options.keys():
            self._net[name].value = recipe.net_options[name]
        for name, widget in self._fields.items():
            set_exactly(widget, getattr(recipe, name))

    def choose_net(self, net: str) -> None:
        """Show the numbers that a network has as options, as it was published."""
        self._start = dataclasses.replace(self._start, net=net, net_options={})
        self._known = find_net(net).options()
        self._shown = {name for name in self._net if isinstance(self._known.get(name), int)}
        for name, widget in self._net.items():
            if name in self._shown:
                widget.value = self._known[name]
            self.show_row(widget, name in self._shown)
        for name, widget in self._fields.items():
            self.show_row(widget, name in OF_ALL or not find_net(net).fitted)

    def recipe(self, **changes: Any) -> Recipe:
        """Recipe as the form stands, with `changes` to fields that have their place elsewhere."""
        shown = {name: self._net[name].value for name in self._net if name in self._shown}
        changed = {n: value for n, value in shown.items() if value != self._known[n]}
        kept = {n: shown.get(n, value) for n, value in self._start.net_options.items()}
        values = {name: widget.value for name, widget in self._fields.items()}
        return dataclasses.replace(self._start, net_options=kept | changed, **values, **changes)


def set_exactly(widget: BaseValueWidget[Any], value: Any) -> None:
    """Set a value without rounding it: the same recipe trains the same weights."""
    if isinstance(widget, FloatSpinBox):
        digits = -int(Decimal(repr(float(value))).as_tuple().exponent)
        widget.native.setDecimals(max(digits, widget.native.decimals()))
    widget.value = value


def folded(title: str, part: QWidget) -> QCollapsible:
    """Hide a part under its title, until it is wanted."""
    fold = QCollapsible(title)
    fold.setCollapsedIcon("▸")
    fold.setExpandedIcon("▾")
    fold.addWidget(part)
    return fold


def field_row(name: str, value: Any, kind: Any, limits: dict[str, Any]) -> BaseValueWidget[Any]:
    """Row that edits a field of a dataclass, from its value, type and bounds."""
    label = name.replace("_", " ")
    widget = create_widget(value, annotation=kind, name=name, label=label, options=dict(limits))
    assert isinstance(widget, BaseValueWidget)
    if isinstance(widget, CheckBox):
        widget.text = ""  # the row has a label
    return widget


def annotated_row(name: str, value: Any, hint: Any) -> BaseValueWidget[Any]:
    """Row that edits a field whose annotation has its type and bounds."""
    kind, limits = get_args(hint) if get_origin(hint) is Annotated else (hint, {})
    return field_row(name, value, kind, limits)
