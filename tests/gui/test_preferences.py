"""The Preferences page of napari, and what it decides."""

from pathlib import Path

import pytest
import yaml
from napari._qt.dialogs.preferences_dialog import PreferencesDialog
from npe2 import PluginManifest
from qtpy.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLineEdit, QPushButton

from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.gui.preferences import (
    DEVICES,
    DeviceChoice,
    own_library,
    preferences,
    tile_memory,
)
from napari_fcnseg.inference.budget import DEFAULT, parse_memory
from napari_fcnseg.models.library import Library

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(viewer):
    """Our page, as it opens from the menu File > Preferences."""
    viewer.window._open_preferences_dialog()
    dialogs = [w for w in QApplication.topLevelWidgets() if isinstance(w, PreferencesDialog)]
    dialog = next(d for d in dialogs if d.isVisible())
    names = [dialog._list.item(i).text() for i in range(dialog._list.count())]
    dialog._list.setCurrentRow(names.index("FCN segmentation"))
    yield dialog
    dialog.close()


def only(page, kind):
    """Return the one part of a kind on the page that is shown."""
    (found,) = [w for w in page._stack.currentWidget().findChildren(kind) if w.isVisible()]
    return found


def test_what_is_set_on_the_page_is_honoured_and_kept(page, qtbot, tmp_path):
    assert (DeviceChoice().value, tile_memory()) == ("auto", "1GiB")
    only(page, QComboBox).setCurrentText("cpu")
    only(page, QDoubleSpinBox).setValue(2.5)
    folder = next(
        w for w in page._stack.currentWidget().findChildren(QLineEdit)
        if w.isVisible() and not isinstance(w.parent(), QDoubleSpinBox)
    )  # fmt: skip
    folder.setText(str(tmp_path / "my models"))
    folder.editingFinished.emit()
    ok = next(b for b in page.findChildren(QPushButton) if b.text() == "OK")
    ok.click()
    assert DeviceChoice().value == "cpu"
    assert parse_memory(tile_memory()) == 2.5 * 2**30
    assert own_library().folder == tmp_path / "my models"
    kept = yaml.safe_load(preferences().config_path.read_text())
    assert preferences().config_path.is_relative_to(tmp_path)
    assert kept["compute"]["device"] == "cpu"
    assert kept["models"]["folder"] == str(tmp_path / "my models")


def test_the_page_has_what_the_code_knows():
    told = PluginManifest.from_file(ROOT / "napari.yaml").contributions.configurations
    compute, models = told["compute"].properties, told["models"].properties
    assert tuple(compute["device"].enum) == DEVICES
    assert parse_memory(f"{compute['memory'].default}GiB") == DEFAULT
    assert models["folder"].default == ""
    for properties in (compute, models):
        assert all(p.title and p.description for p in properties.values())


def test_the_usual_folder_is_taken_unless_one_is_set(monkeypatch, tmp_path):
    assert own_library().folder == Library().folder
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    preferences().models.folder = "nets/mine"  # of the home folder, wherever napari was started
    assert own_library().folder == tmp_path / "nets" / "mine"
    preferences().models.folder = str(tmp_path / "there")
    assert own_library().folder == tmp_path / "there"
    preferences().models.folder = "  "
    assert own_library().folder == Library().folder


def test_widgets_honour_them(dock, layers, viewer, model, tmp_path):
    preferences().compute.device = "cpu"
    widgets = {name: dock(name) for name in ("Train", "Segment", "Batch")}
    assert {widget.form.device.value for widget in widgets.values()} == {"cpu"}
    preferences().compute.memory = 0.5  # while they are open
    trained_models(viewer).add(model)
    task = widgets["Segment"].form.task()
    assert (task.device, task.memory) == ("cpu", "0.5GiB")
    assert widgets["Batch"].form.how()["memory"] == "0.5GiB"
    preferences().models.folder = str(tmp_path / "mine")
    assert dock("Models").library.folder == tmp_path / "mine"
