"""Settings of a refinement that seldom change: of the CRF, and of how objects are made."""

from dataclasses import fields
from typing import Any

from magicgui.widgets import CheckBox, FloatSpinBox

from napari_fcnseg.gui.form import Rows, field_row
from napari_fcnseg.gui.preferences import DeviceChoice
from napari_fcnseg.refine.crf import Crf
from napari_fcnseg.refine.split import SURE, THERE

CRF: dict[str, tuple[type, dict[str, Any]]] = {
    "appearance": (float, {"tooltip": "Weight of neighbours that look alike; 3 is odds of 20"}),
    "reach": (float, {"tooltip": "How far those neighbours are, in pixels"}),
    "contrast": (
        float,
        {"tooltip": "How much their grey values may differ; 0: 4 % of their range", "max": 1e5},
    ),
    "smoothness": (float, {"tooltip": "Weight of all near neighbours, whatever they look like"}),
    "blur": (float, {"tooltip": "How near those are, in pixels"}),
    "radius": (int, {"tooltip": "Pixels around each that are looked at", "min": 1, "max": 100}),
    "step": (int, {"tooltip": "Every so many of them counts: more is faster", "min": 1, "max": 20}),
    "iterations": (int, {"tooltip": "Rounds in which neighbours agree", "min": 1, "max": 50}),
}


class RefineSettings(Rows):
    """Rows for the CRF and for objects; those that do not apply are hidden."""

    def __init__(self) -> None:
        self._crf = {f.name: field_row(f.name, f.default, *CRF[f.name]) for f in fields(Crf)}
        self.device = DeviceChoice("Where the CRF is computed")
        self.diagonal = CheckBox(
            label="diagonal",
            tooltip="Pixels are connected that touch with an edge or a corner only, too",
        )
        self.diagonal.text = ""
        self.sure, self.there = (
            FloatSpinBox(label=label, value=value, min=0, max=1, step=0.05, tooltip=tooltip)
            for label, value, tooltip in (
                ("sure", SURE, "Probability of the inside from which on a pixel is a seed"),
                ("there", THERE, "Probability of inside and border together: there is an object"),
            )
        )
        self.widgets = [*self._crf.values(), self.device, self.diagonal, self.sure, self.there]
        super().__init__(self.widgets)

    def show_for(self, crf: bool, connected: bool, split: bool) -> bool:
        """Show the rows of what is made; tell whether there are any."""
        for row in (*self._crf.values(), self.device):
            self.show_row(row, crf)
        self.show_row(self.diagonal, connected)
        for row in (self.sure, self.there):
            self.show_row(row, split)
        return crf or connected or split

    def crf(self) -> Crf:
        """Return the CRF as the rows say.

        Raises
        ------
        RecipeError
            If a number is out of bounds.
        """
        return Crf(**{name: row.value for name, row in self._crf.items()})
