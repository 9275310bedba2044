import numpy as np
import pytest
import zarr
from qtpy.QtCore import Qt

import napari_fcnseg as fs
from napari_fcnseg.annotations.classes import default_class
from napari_fcnseg.annotations.folder import open_folder
from napari_fcnseg.annotations.known import known_classes
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.gui import adopt as adopting
from napari_fcnseg.gui.adopt import Adoption, adopt
from napari_fcnseg.gui.layers import class_table, layer_classes
from napari_fcnseg.gui.llvm import keep_triton_out

PLACE = {"scale": (30, 4, 4), "units": ("nm",) * 3, "axis_labels": ("z", "y", "x")}
SHAPE = (4, 60, 80)
CLASSES = [fs.SegClass(1, "wall", "#aa0000"), fs.SegClass(2, "cell", "#00aa00")]
SLICE_2 = ((2, 3), (0, 60), (0, 80))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "a.ome.zarr"


@pytest.fixture
def scene(viewer, folder):
    """Strokes in a folder, and a prediction with a third class."""
    predicted = np.zeros(SHAPE, np.uint8)
    predicted[:, :20, :20], predicted[:, 30:40, 10:70], predicted[:, 50:, 60:] = 1, 2, 2
    predicted[:, :5, 70:] = 3
    image = fs.Image(np.zeros(SHAPE, np.uint8), "ZYX", name="stack")
    strokes = open_folder(folder, image, CLASSES)
    strokes[2, 10:35, 5:15] = 2
    viewer.add_image(image.data, name="stack", **PLACE)
    classes = [*CLASSES, fs.SegClass(3, "gold", "#0000aa")]
    prediction = viewer.add_labels(predicted, name="found", **PLACE, **class_table(classes))
    prediction.editable = False
    layer = viewer.add_labels(strokes, name="strokes", **PLACE, **class_table(CLASSES))
    viewer.dims.set_current_step(0, 2)
    keep_triton_out()  # no job does it here, and a later test may train
    return layer, prediction


@pytest.fixture
def widget(dock, scene, qtbot):
    widget = dock("Annotate")
    widget.adoption.expand(animate=False)
    qtbot.waitUntil(lambda: not widget.adopting.button.visibleRegion().isEmpty())
    return widget


def expected(layer, prediction, where, replace=False):
    """What is painted after adopting `where`."""
    after, found = np.asarray(layer.data).copy(), prediction.data
    taken = where & (found > 0) & (replace | (after == 0))
    after[taken] = found[taken]
    return after


def window(spans):
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(*span) for span in spans)] = True
    return mask


@pytest.mark.parametrize("replace", [False, True])
def test_a_slice_is_adopted_and_one_undo_takes_it_back(widget, scene, press, folder, replace):
    layer, prediction = scene
    assert widget.adopting.prediction.value == prediction
    assert layer not in widget.adopting.prediction.choices
    widget.adopting.replace.value = replace
    before = np.asarray(layer.data).copy()
    after = expected(layer, prediction, window(SLICE_2), replace)
    press(widget.adopting.button)
    assert np.array_equal(np.asarray(layer.data), after)
    assert np.array_equal(zarr.open(folder)["0"][:], after)
    changed = [np.count_nonzero((after != before) & (after == i)) for i in (1, 2, 3)]
    told = f"{changed[0]:,} px of wall, {changed[1]:,} px of cell, {changed[2]:,} px of gold"
    assert told in widget.status.text()
    layer.undo()
    assert np.array_equal(np.asarray(layer.data), before)
    assert np.array_equal(zarr.open(folder)["0"][:], before)
    layer.redo()
    assert np.array_equal(np.asarray(layer.data), after)


def test_a_new_class_comes_with_its_name_and_colour(widget, scene, press, folder):
    press(widget.adopting.button)
    assert layer_classes(scene[0], [3]) == [fs.SegClass(3, "gold", "#0000aa")]
    assert known_classes(folder)[-1].name == "gold"


def test_a_shape_counts_in_the_slice_that_is_looked_at(widget, scene, viewer, press):
    layer, prediction = scene
    corners = np.array([[2, 28, 8], [2, 28, 32], [2, 45, 32], [2, 45, 8]])
    viewer.add_shapes([corners], **PLACE)
    widget.adopting.region.value = "a shape"
    after = expected(layer, prediction, window(((2, 3), (28, 45), (8, 32))))
    press(widget.adopting.button)
    assert np.array_equal(np.asarray(layer.data), after)
    assert after.any()


def test_what_is_on_screen(widget, scene, viewer, press, qtbot):
    layer, prediction = scene
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 140, 60), 20
    qtbot.waitUntil(lambda: layer.corner_pixels[1][1] < 59)
    (_, top, left), (_, bottom, right) = layer.corner_pixels
    widget.adopting.region.value = "what is on screen"
    spans = ((2, 3), (max(0, top), min(60, bottom + 1)), (max(0, left), min(80, right + 1)))
    after = expected(layer, prediction, window(spans))
    press(widget.adopting.button)
    assert np.array_equal(np.asarray(layer.data), after)
    assert not after[2, 50:, 60:].any()


def test_one_id_as_another_class(widget, scene, press):
    layer = scene[0]
    before = np.asarray(layer.data).copy()
    widget.adopting.part.value, widget.adopting.only.value = "one id", 3
    widget.adopting.as_class.value = 1
    press(widget.adopting.button)
    after = before.copy()
    after[2, :5, 70:] = 1
    assert np.array_equal(np.asarray(layer.data), after)
    assert "adopted 50 px of wall" in widget.status.text()
    press(widget.adopting.button)
    assert "nothing adopted of found" in widget.status.text()
    assert layer_classes(layer, [3])[0].name == default_class(3).name


@pytest.mark.parametrize(("shift", "both"), [(False, False), (True, True)])
def test_keys_take_what_is_under_the_cursor(widget, scene, viewer, qtbot, shift, both):
    layer, prediction = scene
    viewer.layers.selection.active = layer
    viewer.cursor.position = prediction.data_to_world((2, 55, 70))
    before = np.asarray(layer.data).copy()
    pieces = window(((2, 3), (50, 60), (60, 80)))
    if both:
        pieces |= window(((2, 3), (30, 40), (10, 70)))
    after = expected(layer, prediction, pieces)
    modifier = Qt.KeyboardModifier
    canvas = viewer.window._qt_viewer.canvas.native
    qtbot.keyClick(canvas, Qt.Key.Key_A, modifier.ShiftModifier if shift else modifier.NoModifier)
    assert np.array_equal(np.asarray(layer.data), after)
    layer.undo()
    assert np.array_equal(np.asarray(layer.data), before)


def test_a_prediction_of_a_region_lies_where_it_belongs(scene, viewer):
    layer, prediction = scene
    part = viewer.add_labels(
        prediction.data[1:3, 30:, 5:], name="part", translate=(30, 120, 20), **PLACE
    )
    after = expected(layer, prediction, window(((2, 3), (30, 60), (5, 80))))
    assert adopt(layer, part, Adoption(SLICE_2))
    assert np.array_equal(np.asarray(layer.data), after)
    with pytest.raises(AnnotationError, match="part does not reach here"):
        adopt(layer, part, Adoption(((3, 4), (0, 60), (0, 80))))


def test_what_does_not_fit_is_refused(scene, viewer, monkeypatch):
    layer, prediction = scene
    before = np.asarray(layer.data).copy()

    def refused(ids, wanted=None, **options):
        other = viewer.add_labels(ids, name="other", **(PLACE | options))
        with pytest.raises(AnnotationError) as error:
            adopt(layer, other, wanted or Adoption(SLICE_2))
        viewer.layers.remove(other)
        return str(error.value)

    ids = prediction.data
    assert "pixels of other are not those of strokes" in refused(ids, scale=(30, 8, 8))
    assert "another scale, place" in refused(ids, translate=(0, 2, 0))
    swapped = class_table([fs.SegClass(1, "nucleus", "#aa0000")])
    assert "id 1 is 'nucleus' in other and 'wall' in strokes" in refused(ids, **swapped)
    assert "id 300, of an object" in refused(ids.astype(np.uint16) * 100)
    far = Adoption(SLICE_2, under=(60, -99, 0))
    assert "beside the layer other" in refused(ids, far)
    monkeypatch.setattr(adopting, "MOST", 10)
    assert "too many for one step" in refused(ids)
    assert np.array_equal(np.asarray(layer.data), before)


def test_objects_become_a_class(scene, viewer):
    layer, prediction = scene
    objects = viewer.add_labels(prediction.data.astype(np.uint16) * 1000, name="objects", **PLACE)
    found = adopt(layer, objects, Adoption(SLICE_2, only=3000, as_class=2))
    assert found == {2: 50}
    assert (np.asarray(layer.data)[2, :5, 70:] == 2).all()


def test_what_is_missing_is_said(widget, scene, viewer, press, told):
    layer, prediction = scene
    viewer.layers.remove(prediction)
    press(widget.adopting.button)
    assert "there is no prediction" in told[-1]
    viewer.layers.remove(layer)
    press(widget.adopting.button)
    assert "there is no layer to paint on" in told[-1]
