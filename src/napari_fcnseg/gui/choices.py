"""Widgets that choose: layers that follow the viewer, axes that are asked for, models."""

from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

from magicgui.widgets import ComboBox
from napari import Viewer
from napari.layers import Layer
from psygnal import Signal

from napari_fcnseg.errors import AxesError
from napari_fcnseg.gui.layers import known_axes, possible_axes
from napari_fcnseg.models.model import Model

ASK = "choose ..."


class LayerChoice(ComboBox):
    """The viewer's layers of some kinds; follows what is added, removed and renamed.

    Where nothing was chosen, the newest is: with `painted` the newest that can be painted on, or
    that cannot, as results cannot, if there is one. Layers that `fits` refuses are no choice; call
    `follow` where it thinks anew.
    """

    def __init__(
        self,
        viewer: Viewer,
        kind: type[Layer] | tuple[type[Layer], ...],
        label: str,
        tooltip: str,
        painted: bool | None = None,
        fits: Callable[[Layer], bool] = lambda layer: True,
    ) -> None:
        self._viewer, self._kind, self._painted, self._fits = viewer, kind, painted, fits
        super().__init__(label=label, tooltip=tooltip, choices=self._layers, nullable=True)
        events = viewer.layers.events
        self._followed = (events.inserted, events.removed, events.reordered, events.renamed)
        for event in self._followed:
            event.connect(self.follow)
        self.follow()

    def _layers(self, _: object = None) -> list[Layer]:
        layers = (layer for layer in self._viewer.layers if isinstance(layer, self._kind))
        return [layer for layer in layers if self._fits(layer)]

    def follow(self, event: object = None) -> None:
        """Renew the choices, keep the choice; choose a new layer where nothing was chosen."""
        chosen, layers = self.value, self._layers()
        with self.changed.blocked():
            self.reset_choices()
            if layers:
                self.value = chosen if chosen in layers else self._first(layers)
        if self.value is not chosen:
            self.changed.emit(self.value)

    def _first(self, layers: list[Layer]) -> Layer:
        """Return what is chosen by itself."""
        alike = [layer for layer in layers if layer.editable is self._painted]
        return (alike or layers)[-1]

    def unfollow(self, _: object = None) -> None:
        """Let go of the viewer."""
        for event in self._followed:
            event.disconnect(self.follow)


class AxesChoice(ComboBox):
    """Axes of the chosen image layer: known ones are shown, others are asked for."""

    def __init__(self, image: LayerChoice) -> None:
        self._image = image
        super().__init__(
            label="axes",
            choices=self._readings,
            tooltip="What the dimensions are: T time, C channel, Z slice, Y row, X column",
        )
        image.changed.connect(self._renew)
        self._renew()

    def _readings(self, _: object = None) -> list[str]:
        layer = self._image.value
        if layer is None:
            return [ASK]
        known = known_axes(layer)
        return [known] if known else [ASK, *possible_axes(layer)]

    def _renew(self, _: object = None) -> None:
        self.reset_choices()
        self.value = self._readings()[0]

    def axes(self) -> str:
        """Return the axes, or raise `AxesError` if they are still to be chosen."""
        if self.value == ASK:
            readings = possible_axes(self._image.value)
            raise AxesError(
                f"what are the axes of the layer {self._image.value.name}? Choose one of "
                f"{', '.join(readings)} under 'axes'",
                tuple(readings),
            )
        return str(self.value)


class TrainedModels:
    """Models that were trained or loaded in this session of a viewer, newest last.

    Attributes
    ----------
    kept
        Emitted with the path of a model that was saved among the kept ones.
    """

    changed = Signal()
    kept = Signal(Path)

    def __init__(self) -> None:
        self.models: list[Model] = []

    def add(self, model: Model) -> None:
        """Add a model."""
        self.models.append(model)
        self.changed.emit()


_sessions: "WeakKeyDictionary[Viewer, TrainedModels]" = WeakKeyDictionary()


class ModelChoice(ComboBox):
    """Models of the session, the newest chosen; or, to start from, none at first."""

    def __init__(self, session: TrainedModels, to_start_from: bool = False) -> None:
        self._session, self._newest = session, not to_start_from
        tooltip = "A model trained in this session, or one loaded from a file"
        if to_start_from:
            tooltip += ": go on from it with these strokes; classes that are new are added"
        super().__init__(
            label="start from" if to_start_from else "model",
            choices=self._names,
            nullable=True,
            tooltip=tooltip,
        )
        session.changed.connect(self._renew)
        self._renew()

    def _names(self, _: object = None) -> list[tuple[str, int]]:
        return [(f"{i + 1}: {model.name}", i) for i, model in enumerate(self._session.models)]

    def _renew(self) -> None:
        self.reset_choices()
        if self._session.models and self._newest:
            self.value = len(self._session.models) - 1

    def model(self) -> Model | None:
        """Return the chosen model."""
        return None if self.value is None else self._session.models[self.value]

    def unfollow(self, _: object = None) -> None:
        """Let go of the session."""
        self._session.changed.disconnect(self._renew)


def trained_models(viewer: Viewer) -> TrainedModels:
    """Models of a viewer's session, shared by its widgets."""
    own = getattr(viewer, "__wrapped__", viewer)  # each widget gets a proxy, which dies with it
    return _sessions.setdefault(own, TrainedModels())
