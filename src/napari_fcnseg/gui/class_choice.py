"""A choice of one class of a layer."""

from magicgui.widgets import ComboBox
from napari.layers import Layer

from napari_fcnseg.annotations.classes import MAX_ID
from napari_fcnseg.gui.layers import class_names

ALL = 0


class ClassChoice(ComboBox):
    """Classes of a layer by id and name; all ids there can be where the layer names none.

    Parameters
    ----------
    label, tooltip
        Of its row.
    first
        What is chosen first: an id, or `ALL`, which then is one of the choices.
    """

    def __init__(self, label: str, tooltip: str, first: int) -> None:
        self._names: dict[int, str] = {}
        self._all = first == ALL
        super().__init__(label=label, tooltip=tooltip, choices=self._ids)
        self.value = first

    def _ids(self, _: object = None) -> list[tuple[str, int]]:
        named = [(f"{i}: {name}", int(i)) for i, name in sorted(self._names.items()) if i]
        ids = named or [(str(i), i) for i in range(1, MAX_ID + 1)]
        return [("all", ALL)] * self._all + ids

    def name_by(self, layer: Layer | None) -> None:
        """Offer the classes of a layer; what was chosen stays if it is among them."""
        chosen, self._names = self.value, {} if layer is None else class_names(layer)
        self.reset_choices()
        if chosen in self.choices:
            self.value = chosen
