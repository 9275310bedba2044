import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

import napari_fcnseg as fs
from napari_fcnseg.gui.layers import class_table, layer_image
from napari_fcnseg.gui.overlay import add_labels

CLASSES = [fs.SegClass(1, "membrane", "#e69f00"), fs.SegClass(200, "cell", "#56b4e9")]
NAMED = {"axis_labels": ("z", "y", "x")}


def test_labels_lie_on_their_image():
    viewer = ViewerModel()
    source = viewer.add_image(
        np.zeros((3, 50, 60)), scale=(4, 0.5, 0.5), translate=(8, 1, 2), units=("nm",) * 3,
        rotate=10, **NAMED,
    )  # fmt: skip
    image = layer_image(source, "ZYX")
    whole = add_labels(viewer, np.zeros((3, 50, 60), np.uint8), "all", CLASSES, image, source)
    for name in ("scale", "translate", "rotate", "units", "axis_labels"):
        assert np.array_equal(getattr(whole, name), getattr(source, name)), name
    assert not whole.editable
    part = add_labels(
        viewer, np.ones((1, 10, 20), np.uint8), "part", CLASSES, image, source,
        ((2, 3), (5, 15), (30, 50)),
    )  # fmt: skip
    assert np.array_equal(part.translate, [8 + 2 * 4, 1 + 5 * 0.5, 2 + 30 * 0.5])


def test_labels_of_a_file_are_placed_by_its_metadata():
    viewer = ViewerModel()
    image = fs.Image(np.zeros((3, 50, 60)), "ZYX", (4.0, 0.5, 0.5), ("nanometer",) * 3, "stack")
    layer = add_labels(viewer, [np.zeros((3, 50, 60), int), np.zeros((3, 25, 30), int)], "p",
                       CLASSES, image, None, ((0, 3), (10, 60), (0, 60)))  # fmt: skip
    assert layer.multiscale
    assert tuple(layer.scale) == (4, 0.5, 0.5)
    assert tuple(layer.translate) == (0, 5, 0)
    assert [str(u) for u in layer.units] == ["nanometer"] * 3
    assert layer.axis_labels == ("z", "y", "x")


def test_channels_have_no_place_in_labels():
    viewer = ViewerModel()
    source = viewer.add_image(np.zeros((2, 50, 60)), scale=(1, 2, 2), axis_labels=("c", "y", "x"))
    image = layer_image(source, "CYX")
    layer = add_labels(viewer, np.zeros((50, 60), np.uint8), "p", CLASSES, image, source)
    assert tuple(layer.scale) == (2, 2)
    assert layer.axis_labels == ("y", "x")


def test_labels_look_like_another_layer_or_like_objects():
    viewer = ViewerModel()
    image = fs.Image(np.zeros((5, 6)), "YX")
    ids = np.arange(30, dtype=np.uint8).reshape(5, 6)
    painted = Labels(ids, **class_table(CLASSES))
    painted.features.loc[0, "class"] = "wall"
    alike = add_labels(viewer, ids, "alike", painted, image)
    assert alike.features["class"].tolist() == ["wall", "cell"]
    assert np.array_equal(alike.get_color(200), painted.get_color(200))
    objects = add_labels(viewer, ids, "objects", (), image)
    assert not np.array_equal(objects.get_color(2), objects.get_color(3))
    assert objects.get_color(2) is not None
