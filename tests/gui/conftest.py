"""A real window, and the hands of a person."""

import numpy as np
import pytest
from napari import settings
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt

from napari_fcnseg.gui import give_way

TINY = {
    "depth": 2, "width": 4, "patch": 32, "batch": 2, "validation": 0.2, "gap": 4, "pseudo": 0.0,
}  # fmt: skip
MINUTE = 60_000


@pytest.fixture(autouse=True)
def own_preferences(tmp_path, monkeypatch):
    """No test sees, or changes, the preferences of who runs it."""
    monkeypatch.setattr(settings, "_CFG_PATH", str(tmp_path / "preferences" / "settings.yaml"))
    settings._clear_plugin_settings_cache()
    yield
    settings._clear_plugin_settings_cache()


@pytest.fixture(autouse=True)
def no_way_given(monkeypatch):
    """Tests that run beside each other share two cores; jobs of a window would starve."""
    monkeypatch.setattr(give_way, "NICE", 0)


@pytest.fixture
def viewer(make_napari_viewer):
    """napari, shown, at the size that every part must fit into."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1400, 900)
    return viewer


@pytest.fixture
def dock(viewer):
    """Open one of our widgets by its name in the manifest."""
    return lambda name: viewer.window.add_plugin_dock_widget("napari-fcnseg", name)[1]


@pytest.fixture
def press(qtbot):
    """Press a button with the mouse."""

    def press(button):
        assert button.isEnabled()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    return press


@pytest.fixture
def ended(qtbot):
    """Wait for the end of a widget's job."""
    return lambda widget: qtbot.waitUntil(lambda: widget.panel.job is None, timeout=2 * MINUTE)


@pytest.fixture
def told(monkeypatch):
    """Texts of the notifications that a person saw."""
    texts = []
    notification_manager.notification_ready.connect(note := lambda n: texts.append(n.message))
    yield texts
    notification_manager.notification_ready.disconnect(note)


@pytest.fixture
def layers(viewer, painted):
    """A small EM stack and strokes on it."""
    image, _, strokes = painted
    place = {"scale": (30, 4, 4), "units": ("nm",) * 3, "axis_labels": ("z", "y", "x")}
    return (
        viewer.add_image(np.array(image), name="stack", **place),
        viewer.add_labels(np.array(strokes), name="strokes", **place),
    )


@pytest.fixture
def train(dock, layers):
    """The Train widget over `layers`, set to a net that trains in seconds."""
    widget = dock("Train")
    widget.form.minutes.value = 0.05
    for name, value in TINY.items():
        widget.settings.widgets[name].value = value
    return widget
