import numpy as np
import pytest
from tests.gui.conftest import MINUTE
from tests.gui.test_close import engine_threads, settle

import napari_fcnseg as fs
from napari_fcnseg.gui import portrait

PLACE = {"scale": (30, 4, 4), "units": ("nm",) * 3, "axis_labels": ("z", "y", "x")}


@pytest.fixture
def scene(viewer, painted):
    image, truth, _ = painted
    return (
        viewer.add_image(np.array(image), name="stack", translate=(60, 8, 4), **PLACE),
        viewer.add_labels(np.array(truth), name="classes", translate=(60, 8, 4), **PLACE),
    )


@pytest.fixture
def show(dock, scene):
    return dock("Show")


@pytest.fixture
def shares(viewer):
    """Probabilities of two classes that rise along X."""
    slope = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (3, 20, 1))
    return viewer.add_image(
        np.stack([1 - slope, slope]), name="shares", axis_labels=("c", "z", "y", "x")
    )


def go_to(viewer, show, plane, qtbot):
    """Go to a slice, and wait for its picture."""
    viewer.dims.set_current_step(0, plane)
    corner = 60 + 30 * plane
    picture = viewer.layers["stack portrait"]
    qtbot.waitUntil(lambda: picture.translate[0] == corner, timeout=MINUTE)


def test_a_portrait_of_the_slice_by_blocks_follows_to_the_next(
    show, scene, viewer, press, ended, qtbot, monkeypatch
):
    image, classes = scene
    monkeypatch.setattr(portrait, "BLOCK", 64)
    viewer.dims.set_current_step(0, 3)
    show.form.keep.value, show.form.blur.value = 2, 3.0
    press(show.panel.start_button)
    ended(show)
    picture = viewer.layers["stack portrait"]
    expected = fs.portrait(image.data[3], classes.data[3], [2], 3.0)
    assert np.array_equal(picture.data, expected[None])
    assert tuple(picture.translate) == (60 + 3 * 30, 8, 4)
    assert tuple(picture.scale) == PLACE["scale"]
    assert picture.axis_labels == image.axis_labels
    assert picture.contrast_limits == image.contrast_limits
    go_to(viewer, show, 1, qtbot)
    ended(show)
    expected = fs.portrait(image.data[1], classes.data[1], [2], 3.0)
    assert np.array_equal(picture.data, expected[None])
    assert len(viewer.layers) == 3
    show.form.outside.value = "dark"
    press(show.panel.start_button)  # another one in the same layer
    ended(show)
    dark = fs.portrait(image.data[1], classes.data[1], [2], 3.0, image.contrast_limits[0])
    assert np.array_equal(viewer.layers["stack portrait"].data, dark[None])
    assert len(viewer.layers) == 3
    viewer.layers.remove("stack portrait")
    viewer.dims.set_current_step(0, 2)
    qtbot.wait(400)
    assert show.panel.job is None  # it was taken away: nothing is made for it
    assert len(viewer.layers) == 2


def test_without_follow_it_stays(show, viewer, press, ended, qtbot):
    show.form.follow.value = False
    viewer.dims.set_current_step(0, 0)
    press(show.panel.start_button)
    ended(show)
    viewer.dims.set_current_step(0, 2)
    qtbot.wait(400)
    assert viewer.layers["stack portrait"].translate[0] == 60


def test_colour_and_channels(show, viewer, press, ended):
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 3, (30, 40), np.uint8)
    photo = rng.integers(0, 256, (30, 40, 3), np.uint8)
    dyes = rng.integers(0, 256, (2, 30, 40), np.uint8)
    show.form.labels.value = viewer.add_labels(ids, name="cells")
    show.form.image.value = viewer.add_image(photo, name="photo", rgb=True)
    press(show.panel.start_button)
    ended(show)
    shown = viewer.layers["photo portrait"]
    assert shown.rgb
    assert np.array_equal(shown.data, fs.portrait(photo, ids, [1]))
    show.form.image.value = viewer.add_image(dyes, name="dyes", axis_labels=("c", "y", "x"))
    press(show.panel.start_button)
    ended(show)
    expected = np.stack([fs.portrait(dye, ids, [1]) for dye in dyes])
    assert np.array_equal(viewer.layers["dyes portrait"].data, expected)


def test_bands_lie_where_the_probability_is(show, shares, viewer, press, ended):
    form = show.form
    form.picture.value, form.probabilities.value = "bands", shares
    form.class_id.value, form.levels.value = 2, "0.25, 0.5"
    viewer.dims.set_current_step(1, 2)
    press(show.panel.start_button)
    ended(show)
    bands = viewer.layers["shares bands"]
    assert bands.features["probability"].tolist() == [0.25, 0.5]
    assert set(bands.shape_type) == {"path"}
    for path, level in zip(bands.data, (0.25, 0.5), strict=True):
        assert (path[:, 0] == 2).all()
        assert path[:, 2] == pytest.approx(100 * level)
    assert not np.array_equal(bands.edge_color[0], bands.edge_color[1])
    form.levels.value = "0.75"
    press(show.panel.start_button)
    ended(show)
    assert len(viewer.layers["shares bands"].data) == 1
    assert "1 contour" in show.panel.status.text()


def test_what_is_missing_is_said(show, shares, viewer, press, ended, told):
    form = show.form

    def said():
        press(show.panel.start_button)
        ended(show)
        return told[-1]

    form.image.value = shares
    assert "shares has the shape (2, 3, 20, 101)" in said()
    form.picture.value, form.class_id.value = "bands", 7
    form.probabilities.value = shares
    assert "2 channels, of the classes 1, 2" in said()
    form.class_id.value, form.levels.value = 1, "half"
    assert "'half'" in said()
    form.levels.value = "1.5"
    assert "1.5 is no level" in said()
    viewer.layers.clear()
    assert "no image layer with probabilities" in said()
    form.picture.value = "portrait"
    assert "an image, and labels" in said()
    assert show.panel.start_button.isEnabled()


def test_stop_and_closing_the_widget(show, scene, viewer, press, ended, qtbot, monkeypatch):
    threads = engine_threads()
    monkeypatch.setattr(portrait, "BLOCK", 4)  # of which there are 1,760
    press(show.panel.start_button)
    qtbot.waitUntil(lambda: show.panel.bar.value() > 0, timeout=MINUTE)
    press(show.panel.stop_button)
    ended(show)
    assert len(viewer.layers) == 2
    press(show.panel.start_button)
    qtbot.waitUntil(lambda: show.panel.bar.value() > 0, timeout=MINUTE)
    viewer.window.remove_dock_widget(show)
    settle(qtbot, threads)
    qtbot.waitUntil(lambda: show.panel.job is None, timeout=MINUTE)
    viewer.dims.set_current_step(0, 1)  # nobody listens any more
    assert len(viewer.layers) == 2
