"""Keys of the layer that is painted on, while the Annotate widget is open.

napari's own, 1 to 7 for the tools of a Labels layer and single letters, stay as they are.
"""

from collections.abc import Callable, Mapping

from napari.layers import Labels
from qtpy.QtGui import QKeySequence

KEYS = range(1, 10)  # classes that have one
PIECE, WHOLE_ID = "A", "Shift-A"  # adopt what is under the cursor


def key_of(class_id: int) -> str:
    """Key of a class, as napari spells it."""
    return f"Control-{class_id}"


def key_name(class_id: int) -> str:
    """Key of a class as it is written on this machine; none beyond 9."""
    return shown(key_of(class_id)) if class_id in KEYS else ""


def shown(key: str) -> str:
    """Return a key as it is written on this machine."""
    return QKeySequence(key.replace("Control", "Ctrl").replace("-", "+")).toString(
        QKeySequence.SequenceFormat.NativeText
    )


class LayerKeys:
    """Binds keys to one layer at a time: they act while it is selected.

    Parameters
    ----------
    acts
        What each key does.
    """

    def __init__(self, acts: Mapping[str, Callable[[], object]]) -> None:
        self._acts = acts
        self._layer: Labels | None = None

    def follow(self, layer: Labels | None) -> None:
        """Bind the keys to another layer, or to none."""
        self.unfollow()
        self._layer = layer
        if layer is not None:
            for key, act in self._acts.items():
                layer.bind_key(key, lambda _, act=act: act(), overwrite=True)

    def unfollow(self, _: object = None) -> None:
        """Let go of the layer."""
        if self._layer is not None:
            for key in self._acts:
                self._layer.bind_key(key, None)
            self._layer = None
