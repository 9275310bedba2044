import numpy as np
import pytest
import zarr
from napari.components import ViewerModel
from napari.layers import Layer

import napari_fcnseg as fs
from napari_fcnseg.demo import SCALE, run_demo
from napari_fcnseg.gui.layers import layer_classes
from napari_fcnseg.gui.reader import get_reader
from napari_fcnseg.gui.sample import NUCLEI, em_stack, nuclei, painted_em_stack, steel
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.images.synthetic_steel import PHASES


def open_layers(data):
    viewer = ViewerModel()
    for layer in data:
        viewer.add_layer(Layer.create(*layer))
    return list(viewer.layers)


def test_a_prediction_opens_with_its_classes_where_its_image_lies(model, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 1100, 900), np.uint8)
    image = fs.Image(pixels, "ZYX", (30.0, 4.0, 4.0), ("nanometer",) * 3, "stack")
    path = tmp_path / "p.ome.zarr"
    fs.predict(model, image, path, region=((0, 1), (100, 1100), (20, 900))).wait()
    read = get_reader(str(path))
    (labels,) = open_layers(read(str(path)))
    assert type(labels).__name__ == "Labels"
    assert labels.multiscale
    assert tuple(labels.scale) == (30, 4, 4)
    assert tuple(labels.translate) == (0, 400, 80)
    assert [str(u) for u in labels.units] == ["nanometer"] * 3
    assert labels.axis_labels == ("z", "y", "x")
    assert layer_classes(labels, [1, 7]) == list(model.classes)
    expected = fs.segment(model, image)[:, 100:, 20:]
    assert np.array_equal(np.asarray(labels.data[0]), expected)


def test_an_image_opens_as_an_image(tmp_path):
    recipe = fs.Recipe(steps=1, patch=32, batch=1)
    done = run_demo(tmp_path, recipe, shape=(3, 96, 96)).wait()
    (layer,) = open_layers(get_reader(str(done.files["image"]))(str(done.files["image"])))
    assert type(layer).__name__ == "Image"
    assert layer.name == "image"
    assert tuple(layer.scale) == SCALE


def test_what_is_no_ome_zarr_is_left_to_others(tmp_path):
    zarr.create_array(tmp_path / "plain.zarr", shape=(4, 4), dtype="u1")
    assert get_reader(str(tmp_path / "plain.zarr")) is None
    assert get_reader(str(tmp_path / "missing.zarr")) is None
    assert get_reader([str(tmp_path / "plain.zarr")]) is None


@pytest.mark.parametrize(
    ("sample", "named", "axes"),
    [
        (em_stack, CLASSES, ("z", "y", "x")),
        (steel, PHASES, ("y", "x")),
        (nuclei, NUCLEI, ("y", "x")),
    ],
)
def test_a_sample_has_an_empty_layer_to_paint_into(sample, named, axes, qapp):
    image, strokes = open_layers(sample())
    assert image.data.shape == strokes.data.shape
    assert not strokes.data.any()
    assert image.axis_labels == strokes.axis_labels == axes
    assert [(c.id, c.name) for c in layer_classes(strokes, named)] == list(named.items())


def test_painted_strokes_lie_on_their_stack(qapp):
    image, strokes = open_layers(painted_em_stack())
    assert tuple(image.scale) == tuple(strokes.scale)
    assert image.axis_labels == strokes.axis_labels == ("z", "y", "x")
    assert [c.name for c in layer_classes(strokes, CLASSES)] == list(CLASSES.values())
    painted = strokes.data > 0
    assert np.array_equal(strokes.data[painted], synthetic_em()[1][painted])
    assert np.flatnonzero(painted.any((1, 2))).size == 2
