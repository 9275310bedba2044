import dask.array as da
import numpy as np
import pytest
from tests.gui.conftest import MINUTE
from tests.gui.test_close import engine_threads, settle

import napari_fcnseg as fs
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.gui.layers import class_table, layer_classes

PLACE = {
    "scale": (30, 4, 4),
    "translate": (60, 8, 4),
    "units": ("nm",) * 3,
    "axis_labels": ("z", "y", "x"),
}
CLASSES = [default_class(i, n) for i, n in enumerate(("membrane", "cell", "gold"), 1)]


@pytest.fixture
def scene(viewer, painted):
    """A stack, and classes with crumbs in them."""
    image, truth, _ = painted
    found = truth.copy()
    found[np.random.default_rng(0).random(found.shape) < 0.02] = 3
    return (
        viewer.add_image(np.array(image), name="stack", **PLACE),
        viewer.add_labels(found, name="found", **PLACE, **class_table(CLASSES)),
    )


@pytest.fixture
def widget(dock, scene):
    return dock("Refine")


@pytest.fixture
def slow(viewer):
    """Labels that take some seconds."""
    ids = np.random.default_rng(0).integers(1, 3, (40, 512, 512), np.uint8)
    return viewer.add_labels(ids, name="slow", axis_labels=("z", "y", "x"))


def begin(widget, slow, press, qtbot):
    """Start on `slow`, and wait until it is in the middle."""
    widget.form.labels.value, widget.form.crf.value = slow, False
    widget.form.smooth.value = 2.0
    press(widget.panel.start_button)
    qtbot.waitUntil(lambda: widget.panel.bar.value() > 0, timeout=MINUTE)
    assert widget.panel.job


def lies_like(layer, source):
    return all(
        np.array_equal(getattr(layer, name), getattr(source, name))
        for name in ("scale", "translate", "units", "axis_labels")
    )


def test_better_classes_are_a_new_layer_that_looks_like_its_source(
    widget, scene, viewer, press, ended
):
    image, found = scene
    before = np.array(found.data)
    widget.settings.widgets[2].value = 20.0
    widget.form.min_size.value, widget.form.smooth.value = 12, 0.5
    widget.form.slices.value = "YX"
    press(widget.panel.start_button)
    ended(widget)
    result = viewer.layers["found refined"]
    expected = fs.refine(
        before,
        axes="ZYX",
        image=fs.Image(image.data, "ZYX"),
        crf=fs.Crf(contrast=20.0),
        smooth=0.5,
        min_size=12,
        across="YX",
    ).wait()
    assert np.array_equal(result.data, expected.data)
    assert not np.array_equal(result.data, before)
    assert np.array_equal(found.data, before)
    assert lies_like(result, found)
    assert result.features.equals(found.features)
    assert np.array_equal(result.get_color(2), found.get_color(2))
    assert "refined in" in widget.panel.status.text()


def test_classes_of_a_layer_are_those_of_the_file(widget, scene, press, ended, tmp_path):
    out = tmp_path / "refined.ome.zarr"
    widget.form.crf.value, widget.form.min_size.value = False, 12
    widget.form.output.value, widget.form.output.path.value = "file", out
    press(widget.panel.start_button)
    ended(widget)
    assert known_classes(out) == layer_classes(scene[1], [1, 2, 3])


def test_objects_have_ids_and_colours_of_their_own(widget, scene, viewer, press, ended):
    found = scene[1]
    form = widget.form
    form.made.value = "objects"
    assert "2: cell" in [form.class_id.native.itemText(i) for i in range(4)]
    form.class_id.value, form.min_size.value, form.slices.value = 2, 30, "YX"
    widget.settings.diagonal.value = True
    press(widget.panel.start_button)
    ended(widget)
    result = viewer.layers["found objects"]
    expected = fs.label_objects(
        found.data, axes="ZYX", classes=[2], min_size=30, across="YX", diagonal=True
    ).wait()
    assert expected.count > 1
    assert np.array_equal(result.data, expected.data)
    assert lies_like(result, found)
    assert not np.array_equal(result.get_color(1), result.get_color(2))
    assert f"{expected.count} objects" in widget.panel.status.text()


def test_insides_grow_apart(widget, viewer, press, ended):
    ids = np.zeros((40, 60), np.uint8)
    ids[5:35, 5:55] = 2
    ids[10:30, 10:25] = ids[10:30, 32:50] = 1
    widget.form.labels.value = viewer.add_labels(ids, name="cells")
    widget.form.made.value, widget.form.rule.value = "objects", "split"
    widget.form.grow.value = 4
    press(widget.panel.start_button)
    ended(widget)
    expected = fs.split_objects(ids, rounds=4).wait()
    assert expected.count == 2
    assert np.array_equal(viewer.layers["cells objects"].data, expected.data)


def test_probabilities(widget, viewer, press, ended, told):
    logits = np.random.default_rng(0).random((2, 3, 40, 50)).astype(np.float32)
    shares = logits / logits.sum(0)
    layer = viewer.add_image(
        da.from_array(shares, chunks=(1, 1, 40, 50)), name="shares", scale=(1, 30, 4, 4)
    )
    form = widget.form
    form.source.value, form.probabilities.value = "probabilities", layer
    form.crf.value, form.smooth.value = False, 1.0
    press(widget.panel.start_button)
    assert "CZYX" in told[-1]  # the layer does not say its axes
    form.axes.value = "CZYX"
    press(widget.panel.start_button)
    ended(widget)
    result = viewer.layers["shares refined"]
    assert np.array_equal(result.data, fs.refine(shares, axes="CZYX", smooth=1.0).wait().data)
    assert tuple(result.scale) == (30, 4, 4)
    assert result.features["class"].tolist() == ["class 1", "class 2"]
    form.made.value, widget.settings.sure.value = "objects", 0.7
    press(widget.panel.start_button)
    ended(widget)
    expected = fs.split_objects(shares, axes="CZYX", sure=0.7).wait()
    assert np.array_equal(viewer.layers["shares objects"].data, expected.data)


def test_a_pyramid_goes_into_a_file(widget, scene, viewer, press, ended, told, tmp_path):
    ids = np.array(scene[1].data)
    pyramid = viewer.add_labels(
        [da.from_array(ids, chunks=(1, 64, 64)), da.from_array(ids[:, ::2, ::2])],
        name="pyramid",
        multiscale=True,
        axis_labels=("z", "y", "x"),
    )
    form, out = widget.form, tmp_path / "objects.ome.zarr"
    form.labels.value, form.made.value, form.output.value = pyramid, "objects", "file"
    form.output.path.value = out
    press(widget.panel.start_button)
    ended(widget)
    expected = fs.label_objects(ids, axes="ZYX").wait()
    assert np.array_equal(fs.open_image(out).read({})[0], expected.data)
    shown = viewer.layers["pyramid objects"]
    finest = shown.data[0] if shown.multiscale else shown.data
    assert np.array_equal(np.asarray(finest), expected.data)
    assert [p.name for p in tmp_path.iterdir()] == [out.name]
    assert str(out) in widget.panel.status.text()
    press(widget.panel.start_button)
    ended(widget)
    assert "exists already" in told[-1]
    assert np.array_equal(fs.open_image(out).read({})[0], expected.data)


def test_rows_belong_to_the_choices(widget):
    form, more = widget.form, widget.more
    assert form.image.native.isVisible()
    form.crf.value = False
    assert not form.image.native.isVisible()
    assert not more.isVisible()
    form.made.value = "objects"
    assert form.class_id.native.isVisible()
    assert not form.smooth.native.isVisible()
    assert more.isVisible()
    form.rule.value = "split"
    assert form.inside.native.isVisible()
    assert not form.class_id.native.isVisible()
    form.source.value = "probabilities"
    assert form.axes.native.isVisible()
    assert not form.labels.native.isVisible()
    assert not form.rule.native.isVisible()


def test_cancel_leaves_nothing(widget, slow, viewer, press, ended, qtbot, tmp_path):
    widget.form.output.value = "file"
    widget.form.output.path.value = tmp_path / "r.ome.zarr"
    before = list(viewer.layers)
    begin(widget, slow, press, qtbot)
    press(widget.panel.stop_button)
    ended(widget)
    assert "cancelled" in widget.panel.status.text()
    assert list(viewer.layers) == before
    assert not list(tmp_path.iterdir())
    widget.form.labels.value, widget.form.output.value = viewer.layers["found"], "layer"
    press(widget.panel.start_button)
    ended(widget)
    assert "found refined" in viewer.layers


def test_a_source_may_go_in_the_middle(widget, slow, viewer, press, ended, qtbot):
    begin(widget, slow, press, qtbot)
    viewer.layers.remove(slow)
    ended(widget)
    assert np.array_equal(
        viewer.layers["slow refined"].data, fs.refine(slow.data, axes="ZYX", smooth=2.0).wait().data
    )


def test_closing_the_widget_stops_its_job(widget, slow, viewer, press, qtbot):
    threads, before = engine_threads(), list(viewer.layers)
    begin(widget, slow, press, qtbot)
    viewer.window.remove_dock_widget(widget)
    settle(qtbot, threads)
    qtbot.waitUntil(lambda: widget.panel.job is None, timeout=MINUTE)
    assert list(viewer.layers) == before
    slow.name = "renamed"  # nobody listens any more


def test_no_half_written_file_is_left_by_a_window_that_closes(
    widget, slow, viewer, press, qtbot, tmp_path
):
    threads = engine_threads()
    widget.form.output.value = "file"
    widget.form.output.path.value = tmp_path / "r.ome.tif"
    begin(widget, slow, press, qtbot)
    viewer.close()
    settle(qtbot, threads)
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_said(widget, scene, viewer, press, ended, told):
    image = scene[0]
    form = widget.form

    def said():
        press(widget.panel.start_button)
        ended(widget)
        return told[-1]

    form.crf.value = False
    assert "nothing would change in found" in said()
    form.crf.value = True
    form.image.value = viewer.add_image(np.zeros((7, 9)), name="other")
    assert "other has the shape (7, 9)" in said()
    widget.settings.widgets[1].value = 0.0
    form.image.value = image
    assert "reach = 0.0" in said()
    form.source.value, form.probabilities.value = "probabilities", image
    assert "without a channel for each class" in said()
    form.source.value, form.crf.value, form.smooth.value = "ids", False, 1.0
    form.labels.value = viewer.add_labels(np.full((4, 5), 300), name="many")
    assert "beyond 0 to 255" in said()
    viewer.layers.clear()
    assert "no Labels layer" in said()
    form.source.value = "probabilities"
    assert "no image layer with probabilities" in said()
    assert not viewer.layers
