"""What a person has set for our widgets on napari's Preferences page."""

from pathlib import Path
from typing import Any

from magicgui.widgets import ComboBox
from napari.settings import get_plugin_settings

from napari_fcnseg.models.library import Library

DEVICES = ("auto", "cpu", "cuda", "mps")


class DeviceChoice(ComboBox):
    """Where to compute; at first the device of the preferences."""

    def __init__(self, tooltip: str = "Where to compute") -> None:
        super().__init__(
            label="device",
            choices=DEVICES,
            value=preferences().compute.device,
            tooltip=f"{tooltip}; what it is at first is set in the Preferences",
        )


def preferences() -> Any:
    """Return all of them, as the manifest names them; they may change at any time."""
    return get_plugin_settings("napari-fcnseg")


def tile_memory() -> str:
    """Return what network and tiles may take, as `predict` takes it."""
    return f"{preferences().compute.memory:g}GiB"


def own_library() -> Library:
    """Return the folder of models that was set, or the usual one."""
    folder = preferences().models.folder.strip()
    return Library(Path.home() / Path(folder).expanduser() if folder else None)
