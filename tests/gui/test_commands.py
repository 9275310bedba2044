"""Our commands in napari's menus and in its command palette."""

from pathlib import Path

import pytest
from napari._app_model import get_app_model
from napari._qt.widgets.qt_command_palette import QCommandPalette
from npe2 import PluginManifest

TOLD = PluginManifest.from_file(Path(__file__).parents[2] / "napari.yaml").contributions
WIDGETS = {w.command: w.display_name for w in TOLD.widgets}
SAMPLES = {s.command: s.display_name for s in TOLD.sample_data}
ANNOTATE = {"napari-fcnseg.annotate"}


@pytest.fixture
def palette(viewer, qtbot):
    """A command palette as the window's own, which would keep the window alive."""
    palette = QCommandPalette()
    qtbot.addWidget(palette)
    palette.show()
    return palette


def hits(palette, text):
    """Return the commands that are shown when a text is typed."""
    palette._line.setText(text)
    return list(palette._list.iter_command())


def test_each_command_is_found_by_its_title(palette):
    for command, name in (WIDGETS | SAMPLES).items():
        title = f"{name} (FCN segmentation)" if command in WIDGETS else name
        first = hits(palette, title)[:10]  # all of ours have the word "segmentation"
        assert (command, title) in [(rule.id, rule.title) for rule in first]


def test_a_widget_opens_from_the_palette(palette, viewer):
    assert hits(palette, "Measure (FCN")[0].id == "napari-fcnseg.measure"
    palette._list.execute(0)
    assert any("Measure" in name for name in viewer.window.dock_widgets)


def test_what_only_napari_calls_is_not_offered(palette):
    shown = [rule.id for rule in hits(palette, "segmentation")]
    assert "napari-fcnseg.train" in shown
    ours = [command for command in shown if command.startswith("napari-fcnseg")]
    assert "napari-fcnseg.read" not in ours[: len(WIDGETS)]  # it is grey, and behind all others


def test_widgets_stand_in_the_menus_of_layers(viewer):
    menus = get_app_model().menus
    there = {
        menu: {i.command.id for i in menus.get_menu(menu) if hasattr(i, "command")}
        for menu in ("napari/layers/segment", "napari/layers/annotate")
    }
    assert WIDGETS.keys() - ANNOTATE <= there["napari/layers/segment"]
    assert there["napari/layers/annotate"] >= ANNOTATE
