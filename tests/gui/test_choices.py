import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from tests.conftest import make_model

from napari_fcnseg.errors import AxesError
from napari_fcnseg.gui.choices import ASK, AxesChoice, LayerChoice, ModelChoice, TrainedModels


@pytest.fixture
def viewer(qapp):
    return ViewerModel()


def choice(viewer):
    return LayerChoice(viewer, Image, "image", "")


def test_layers_are_followed(viewer):
    layers = choice(viewer)
    assert layers.value is None
    first = viewer.add_image(np.zeros((4, 4)), name="first")
    assert layers.value is first
    viewer.add_labels(np.zeros((4, 4), int))
    second = viewer.add_image(np.zeros((4, 4)), name="second")
    assert layers.value is first  # a choice is kept
    assert first in layers.choices
    assert second in layers.choices
    assert len([c for c in layers.choices if c is not None]) == 2
    viewer.layers.remove(first)
    assert layers.value is second
    second.name = "renamed"
    assert layers.current_choice == "renamed"
    layers.unfollow()
    viewer.layers.clear()
    assert layers.value is second


def test_strokes_are_sought_in_layers_that_can_be_painted_on(viewer):
    strokes = viewer.add_labels(np.zeros((4, 4), int), name="strokes")
    viewer.add_labels(np.zeros((4, 4), int), name="result").editable = False
    assert LayerChoice(viewer, Labels, "strokes", "", painted=True).value is strokes
    assert LayerChoice(viewer, Labels, "labels", "").value is viewer.layers["result"]
    viewer.layers.remove(strokes)
    assert LayerChoice(viewer, Labels, "strokes", "", painted=True).value.name == "result"


def test_axes_that_are_not_known_are_asked_for(viewer):
    layers = choice(viewer)
    axes = AxesChoice(layers)
    assert list(axes.choices) == [ASK]
    viewer.add_image(np.zeros((3, 8, 8)), name="stack")
    assert axes.value == ASK
    with pytest.raises(AxesError, match=r"stack.*ZYX"):
        axes.axes()
    axes.value = "TYX"
    assert axes.axes() == "TYX"
    viewer.add_labels(np.zeros((3, 8, 8), int))
    viewer.layers[0].name = "renamed"
    assert axes.axes() == "TYX"  # is not asked for twice
    layers.value = viewer.add_image(np.zeros((3, 8, 8)), axis_labels=("z", "y", "x"))
    assert axes.axes() == "ZYX"


def test_the_newest_model_is_chosen(qapp):
    session = TrainedModels()
    models = ModelChoice(session)
    assert models.model() is None
    first, second = make_model(), make_model(seed=1)
    session.add(first)
    assert models.model() is first
    session.add(second)
    assert models.model() is second
    models.value = 0
    assert models.model() is first
    models.unfollow()
    session.add(make_model(seed=2))
    assert models.model() is first
