"""Methods that need no training, in the list of models."""

import numpy as np
import pytest

import napari_fcnseg as fs


@pytest.fixture
def segment(dock, layers):
    return dock("Segment")


def shown(segment):
    return {
        row.label
        for row in [segment.form.device, *segment.form.methods.rows]
        if not row.native.isHidden()
    }


def test_each_method_shows_its_own_rows(segment):
    assert shown(segment) == {"device"}
    segment.form.model.value = "random_walk"
    assert shown(segment) == {"strokes", "beta", "sigma"}
    segment.form.model.value = "clusters"
    assert shown(segment) == {"clusters"}
    segment.form.model.value = "blobs"
    assert "strokes" not in shown(segment)
    assert "min radius" in shown(segment)
    for name in fs.list_classical():
        segment.form.model.value = name
        assert segment.form.model.model() is None


def test_strokes_decide_on_their_slices(segment, layers, viewer, press, ended):
    stack, strokes = layers
    segment.form.model.value = "watershed"
    segment.form.methods.option("watershed", "sigma").value = 2.0
    press(segment.panel.start_button)
    ended(segment)
    found = viewer.layers["stack segmented"]
    method = fs.classical_method("watershed", stack.data, strokes.data, axes="ZYX", sigma=2.0)
    assert np.array_equal(found.data, fs.segment(method, stack.data, axes="ZYX"))
    painted = {z for z in range(len(stack.data)) if strokes.data[z].any()}
    assert {z for z in range(len(stack.data)) if found.data[z].any()} == painted
    assert "have no strokes and stay unlabelled" in segment.panel.status.text()
    assert np.array_equal(found.scale, stack.scale)


def test_clusters_need_no_strokes(segment, layers, viewer, press, ended):
    stack, strokes = layers
    viewer.layers.remove(strokes)
    segment.form.model.value = "clusters"
    segment.form.methods.option("clusters", "clusters").value = 4
    press(segment.panel.start_button)
    ended(segment)
    found = viewer.layers["stack segmented"]
    model = fs.cluster_colours(stack.data, 4, axes="ZYX")
    assert np.array_equal(found.data, fs.segment(model, stack.data, axes="ZYX"))
    assert list(found.features["class"].dropna())[-1] == "cluster 4"


def test_without_strokes_it_says_what_to_do(segment, layers, viewer, press, told):
    viewer.layers.remove(layers[1])
    segment.form.model.value = "growing"
    press(segment.panel.start_button)
    assert "there is no Labels layer with strokes" in told[-1]
    assert "stack segmented" not in viewer.layers


def test_what_has_no_tiles_is_not_measured(segment, press, ended, told):
    segment.form.model.value = "superpixels"
    press(segment.cost_button)
    ended(segment)
    assert "superpixels has no tiles that could be measured" in told[-1]
