import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels

import napari_fcnseg as fs
from napari_fcnseg.errors import AxesError
from napari_fcnseg.gui.layers import (
    class_table,
    known_axes,
    layer_classes,
    layer_image,
    possible_axes,
    visible_part,
)

CLASSES = [fs.SegClass(1, "membrane", "#e69f00"), fs.SegClass(200, "cell", "#56b4e9")]
NAMED = {"axis_labels": ("z", "y", "x")}


@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (Image(np.zeros((5, 6))), "YX"),
        (Image(np.zeros((5, 6, 3), np.uint8), rgb=True), "YXC"),
        (Image(np.zeros((4, 5, 6)), **NAMED), "ZYX"),
        (Image(np.zeros((4, 5, 6, 4), np.uint8), rgb=True, **NAMED), "ZYXC"),
        (Image(np.zeros((4, 5, 6))), None),  # Z, T or C?
        (Image(np.zeros((4, 5, 6)), axis_labels=("a", "y", "x")), None),
    ],
)
def test_axes_are_known_only_where_the_layer_says_them(layer, axes):
    assert known_axes(layer) == axes


def test_the_readings_of_a_stack_are_listed():
    readings = possible_axes(Image(np.zeros((4, 5, 6))))
    assert set(readings) == {"ZYX", "TYX", "CYX"}
    assert all(r.endswith("C") for r in possible_axes(Image(np.zeros((4, 5, 6, 3)), rgb=True)))


def test_a_layer_is_read_where_it_lies_and_as_large_as_it_is():
    pixels = np.random.default_rng(0).random((2, 3, 5, 6))
    layer = Image(pixels, scale=(1, 3, 0.5, 0.5), units=("pixel", "um", "um", "um"), name="cells")
    image = layer_image(layer, "CZYX")
    assert (image.axes, image.shape, image.name) == ("CZYX", (2, 3, 5, 6), "cells")
    scale, units = image.along("ZYX")
    assert scale == (3, 0.5, 0.5)
    assert units == ("micrometer",) * 3
    assert np.array_equal(image.read({}), pixels)


def test_grey_pixels_of_a_colour_layer_become_one_channel():
    grey = np.random.default_rng(0).integers(0, 256, (5, 6, 1), np.uint8).repeat(3, 2)
    image = layer_image(Image(grey, rgb=True), "YXC")
    assert (image.axes, image.channels) == ("YX", 1)
    assert image.notes


def test_an_order_that_no_labels_can_have_is_refused():
    with pytest.raises(AxesError, match=r"ZTYX.*TZYX"):
        layer_image(Image(np.zeros((2, 3, 5, 6))), "ZTYX")


def test_classes_go_into_a_labels_layer_and_come_back():
    layer = Labels(np.zeros((4, 4), np.uint8), **class_table(CLASSES))
    assert layer_classes(layer, [1, 200]) == CLASSES
    unnamed = layer_classes(Labels(np.zeros((4, 4), np.uint8)), [3])[0]
    assert unnamed.name == "class 3"


def test_the_part_on_screen_is_the_slice_in_the_middle():
    viewer = ViewerModel()
    layer = viewer.add_image(np.zeros((9, 50, 60)), scale=(4, 1, 1), **NAMED)
    image = layer_image(layer, "ZYX")
    viewer.dims.set_current_step(0, 5)
    assert visible_part(viewer, layer, image, most=1000) == ((5, 6), (0, 50), (0, 60))
    assert visible_part(viewer, layer, image, most=20) == ((5, 6), (15, 35), (20, 40))
