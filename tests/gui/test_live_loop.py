"""A person beside a network that learns: pauses, versions, where to paint next."""

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from qtpy.QtCore import QThreadPool
from superqt import QCollapsible
from tests.gui.conftest import MINUTE

from napari_fcnseg.gui import next_region
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.models.library import Library

LONG = 4 * MINUTE
SEEN = np.s_[40:120, 40:120]


@pytest.fixture
def learning(train, press, qtbot):
    """The Train widget, some steps into a long training."""
    train.form.minutes.value = 100
    press(train.panel.start_button)
    go_on(train, qtbot)
    return train


@pytest.fixture
def trained(train, press, ended):
    """The Train widget after a short training, with its versions unfolded."""
    press(train.panel.start_button)
    ended(train)
    (fold,) = (f for f in train.findChildren(QCollapsible) if f.text() == "Versions")
    fold.expand(animate=False)
    return train


def go_on(train, qtbot, steps=3):
    """Wait until it has learned further."""
    seen = len(train.curve.plot.loss)
    qtbot.waitUntil(lambda: len(train.curve.plot.loss) > seen + steps, timeout=LONG)


def pause(train, press, qtbot):
    press(train.pause_button)
    qtbot.waitUntil(lambda: "paused at" in train.panel.bar.format(), timeout=LONG)


def shown(viewer, name, z):
    """Whether all of what is on screen in a slice has labels."""
    return name in viewer.layers and bool(np.asarray(viewer.layers[name].data[z])[SEEN].all())


def choose(train, *rows):
    """Choose versions as with the mouse."""
    train.versions.table.choose([train.versions.table._versions[row].name for row in rows])


def test_a_paused_training_learns_nothing_and_goes_on(learning, press, ended, qtbot):
    pause(learning, press, qtbot)
    step, elapsed = learning.curve.last.step, learning.curve.last.elapsed
    assert learning.pause_button.text() == "Continue"
    assert "paused" in learning.panel.status.text()
    qtbot.wait(500)
    assert learning.curve.last.step == step
    press(learning.pause_button)
    assert learning.pause_button.text() == "Pause"
    go_on(learning, qtbot)
    assert learning.curve.last.step > step
    assert learning.curve.last.elapsed >= elapsed
    press(learning.panel.stop_button)
    ended(learning)
    assert not learning.pause_button.isEnabled()


def test_while_it_is_paused_the_preview_follows_and_strokes_wait(
    learning, press, ended, viewer, layers, qtbot
):
    _, strokes = layers
    pause(learning, press, qtbot)
    viewer.dims.set_current_step(0, 5)
    qtbot.waitUntil(lambda: shown(viewer, "preview of stack", 5), timeout=LONG)
    before = int((strokes.data > 0).sum())
    strokes.brush_size = 9
    strokes.paint((5, 30, 30), 1)
    painted = int((strokes.data > 0).sum())
    assert painted > before
    press(learning.pause_button)
    go_on(learning, qtbot)
    learned = learning.curve.last.model().provenance["labelled_pixels"]
    assert sum(learned.values()) == painted
    press(learning.panel.stop_button)
    ended(learning)


def test_a_paused_training_can_be_stopped_and_the_next_one_runs(learning, press, ended, qtbot):
    pause(learning, press, qtbot)
    press(learning.panel.stop_button)
    ended(learning)
    assert learning.model is not None
    assert len(list(Library().folder.glob("*.zip"))) == 1
    press(learning.panel.start_button)
    go_on(learning, qtbot)
    press(learning.panel.stop_button)
    ended(learning)


def test_closing_the_widget_ends_a_paused_training(learning, press, viewer, qtbot):
    pause(learning, press, qtbot)
    viewer.window.remove_dock_widget(learning)
    qtbot.waitUntil(lambda: learning.panel.job is None, timeout=LONG)
    pool = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: pool.activeThreadCount() == 0, timeout=LONG)
    assert trained_models(viewer).models == [learning.model]


def test_versions_are_listed_with_their_scores(trained):
    versions = list(trained.versions.versions)
    assert len(versions) >= 3
    assert [v.step for v in versions] == sorted(v.step for v in versions)
    table = trained.versions.table
    assert table.rowCount() == len(versions)
    scored = next(row for row, v in enumerate(versions[::-1]) if v.iou)
    assert "class 1: 0." in table.item(scored, 1).toolTip()
    assert sum("★" in table.item(row, 0).text() for row in range(table.rowCount())) == 1


def test_a_version_can_be_kept_at_any_moment(learning, press, ended, qtbot, viewer):
    press(learning.tools.keep_button)
    qtbot.waitUntil(lambda: len(list(Library().folder.glob("*.zip"))) == 1, timeout=LONG)
    go_on(learning, qtbot)
    (kept,) = (v for v in learning.versions.versions if v.kept)
    (card,) = Library().cards()
    assert card.name == f"stack model {kept.name}"
    press(learning.panel.stop_button)
    ended(learning)
    assert kept.name in {v.name for v in learning.versions.versions}
    assert not learning.tools.keep_button.isEnabled()


def test_a_version_is_restored_as_if_it_had_been_trained(trained, press, ended, viewer):
    before = len(list(Library().folder.glob("*.zip")))
    choose(trained, 2)
    (version,) = trained.versions.table.chosen()
    press(trained.versions.restore_button)
    ended(trained)
    assert trained.model is version.model
    assert trained_models(viewer).models[-1] is version.model
    assert len(list(Library().folder.glob("*.zip"))) == before + 1
    assert "is the model now; kept in Models" in trained.panel.status.text()


def test_versions_show_what_they_see_of_the_slice(trained, press, ended, viewer):
    viewer.dims.set_current_step(0, 3)
    choose(trained, 0, 1)
    names = [v.name for v in trained.versions.table.chosen()]
    press(trained.versions.show_button)
    ended(trained)
    for name in names:
        assert shown(viewer, f"{name} of stack", 3)
    layers = len(viewer.layers)
    press(trained.versions.show_button)  # again in the same layers
    ended(trained)
    assert len(viewer.layers) == layers


def test_versions_stand_side_by_side_and_all_is_as_it_was(trained, press, ended, viewer):
    viewer.layers["strokes"].visible = False
    choose(trained, 0, 2)
    names = [f"{v.name} of stack" for v in trained.versions.table.chosen()[::-1]]
    press(trained.versions.beside_button)
    ended(trained)
    grid = viewer.canvas.grid
    cells = [
        [viewer.layers[i].name for i in cell] for _, cell in grid.iter_viewboxes(viewer.layers)
    ]
    assert cells == [[f"below {name}", name] for name in names]
    assert viewer.layers[f"below {names[0]}"].data is viewer.layers["stack"].data
    press(trained.versions.beside_button)
    assert not grid.enabled
    assert grid.stride == 1
    hidden = {layer.name for layer in viewer.layers if not layer.visible}
    assert hidden == {"strokes", *names}
    assert not any(layer.name.startswith("below") for layer in viewer.layers)


def test_next_goes_from_region_to_region(trained, press, ended, viewer, layers):
    _, strokes = layers
    for number in (1, 2):
        press(trained.tools.next_button)
        ended(trained)
        region = trained.tools._next._ranked.regions[number - 1]
        z, rows, columns = region.spans
        assert viewer.dims.current_step[0] == z[0]
        middle = [4 * (start + stop - 1) / 2 for start, stop in (rows, columns)]  # in nm
        assert viewer.scene.camera.center[-2:] == pytest.approx(middle)
        assert f"region {number} of" in trained.panel.status.text()
        assert " and ".join(region.classes) in trained.panel.status.text()
    ranked = trained.tools._next._ranked
    strokes.brush_size = 5
    strokes.paint((2, 30, 30), 3)
    press(trained.tools.next_button)
    ended(trained)
    assert trained.tools._next._ranked is not ranked  # what was painted counts
    assert "region 1 of" in trained.panel.status.text()


def test_next_while_it_learns(learning, press, ended, qtbot, monkeypatch):
    monkeypatch.setattr(next_region, "STALE", 3600)
    press(learning.tools.next_button)
    qtbot.waitUntil(lambda: "region 1 of" in learning.panel.status.text(), timeout=LONG)
    go_on(learning, qtbot)
    press(learning.tools.next_button)
    assert "region 2 of" in learning.panel.status.text()  # at once
    press(learning.panel.stop_button)
    ended(learning)


def test_nothing_can_be_next_without_a_model(train, press, told, viewer):
    press(train.tools.next_button)
    assert "there is no model yet" in told[-1]
    assert train.panel.job is None


def test_uncertainty_comes_with_the_previews(learning, press, ended, viewer, qtbot):
    name = "uncertainty of stack"
    assert name not in viewer.layers
    active = viewer.layers.selection.active
    press(learning.tools.unsure_button)
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=LONG)
    layer = viewer.layers[name]
    assert isinstance(layer, ImageLayer)
    assert viewer.layers.selection.active is active  # one goes on painting
    viewer.dims.set_current_step(0, 5)
    qtbot.waitUntil(lambda: bool(np.asarray(layer.data[5])[SEEN].any()), timeout=LONG)
    assert 0 <= np.asarray(layer.data).min() <= np.asarray(layer.data).max() <= 1
    press(learning.tools.unsure_button)
    assert not layer.visible
    press(learning.panel.stop_button)
    ended(learning)
    viewer.layers.remove(layer)
    press(learning.tools.unsure_button)  # of the model that was trained
    ended(learning)
    assert np.asarray(viewer.layers[name].data[5])[SEEN].any()


def test_the_uncertainty_follows_to_the_next_region(trained, press, ended, viewer):
    press(trained.tools.unsure_button)
    ended(trained)
    press(trained.tools.next_button)
    ended(trained)
    z = int(viewer.dims.current_step[0])
    assert np.asarray(viewer.layers["uncertainty of stack"].data[z]).any()


def test_what_was_seen_gives_place_to_what_is_segmented(trained, dock, press, ended, viewer, qtbot):
    preview = viewer.layers["preview of stack"]
    viewer.add_image(np.zeros((20, 20)), name="other")
    segment = dock("Segment")
    segment.form.image.value = viewer.layers["stack"]
    press(segment.panel.start_button)
    ended(segment)
    assert viewer.layers["stack segmented"].visible
    assert not preview.visible
    assert np.asarray(preview.data).any()  # it can be looked at again
    trained.form.image.value = viewer.layers["stack"]
    press(trained.panel.start_button)
    qtbot.waitUntil(lambda: preview.visible, timeout=LONG)
    ended(trained)
    segment.form.image.value = viewer.layers["other"]
    press(segment.panel.start_button)
    ended(segment)
    assert preview.visible  # of another image
