import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fcnseg.errors import ImageError
from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.region import SCREEN, SHAPE, SLICE, WHOLE, chosen_region


@pytest.fixture
def place():
    viewer = ViewerModel()
    layer = viewer.add_image(
        np.zeros((6, 50, 60)), scale=(4, 2, 2), translate=(0, 10, 20), axis_labels=("z", "y", "x")
    )
    viewer.dims.set_current_step(0, 3)
    return viewer, layer, layer_image(layer, "ZYX")


def box(*corners):
    (a, b), (c, d) = corners
    return np.array([[a, b], [a, d], [c, d], [c, b]])


def test_whole_slice_and_screen(place):
    assert chosen_region(WHOLE, *place) is None
    assert chosen_region(SLICE, *place) == ((3, 4), (0, 50), (0, 60))
    assert chosen_region(SCREEN, *place) == ((3, 4), (0, 50), (0, 60))


def test_a_rectangle_is_found_on_the_image_whatever_its_own_scale(place):
    viewer, layer, image = place
    viewer.add_shapes([box((0, 0), (9, 9)), box((20, 40), (39, 61))], scale=(1, 1))
    found = chosen_region(SHAPE, viewer, layer, image)
    assert found == ((0, 6), (5, 15), (10, 21))
    viewer.layers[-1].selected_data = {0}
    with pytest.raises(ImageError, match="outside"):
        chosen_region(SHAPE, viewer, layer, image)


def test_a_shape_over_the_border_is_cut(place):
    viewer, layer, image = place
    viewer.add_shapes([box((-100, -100), (30, 1000))])
    assert chosen_region(SHAPE, viewer, layer, image) == ((0, 6), (0, 10), (0, 60))


def test_no_shape_says_what_to_draw(place):
    with pytest.raises(ImageError, match="draw a rectangle"):
        chosen_region(SHAPE, *place)
