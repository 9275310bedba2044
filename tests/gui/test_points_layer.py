"""Points layers as annotations."""

import numpy as np
import pytest

from napari_fcnseg.gui.layers import layer_image
from napari_fcnseg.gui.points import layer_points


def clicks(z=3, count=30, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([np.full(count, z), *rng.integers(8, 120, (2, count))]).astype(float)


def test_training_from_clicked_points(train, layers, viewer, press, ended):
    points = viewer.add_points(
        clicks(), size=5, features={"class": np.where(np.arange(30) % 2, "cell", "gap")}
    )
    train.form.labels.value = points
    press(train.panel.start_button)
    ended(train)
    assert [c.name for c in train.model.classes] == ["gap", "cell"]
    assert sum(train.model.provenance["labelled_pixels"].values()) > 30


def test_points_are_told_apart_by_colour(layers, viewer):
    source, _ = layers
    image = layer_image(source, "ZYX")
    colours = ["red"] * 10 + ["#00ff00"] * 20
    points = viewer.add_points(clicks(), size=4, face_color=colours, scale=source.scale)
    found = layer_points(points, source, image)
    assert [(c.id, c.color) for c in found.classes] == [(1, "#ff0000"), (2, "#00ff00")]
    assert found.ids.tolist() == [1] * 10 + [2] * 20
    assert np.allclose(found.radius, 2)


def test_points_lie_where_they_are_seen(layers, viewer):
    source, _ = layers
    source.scale, source.translate = (40, 4, 4), (0, 100, 200)
    world = clicks() * (40, 4, 4) + (0, 100, 200)
    points = viewer.add_points(world, size=20, features={"class": np.arange(30) % 2 + 1})
    found = layer_points(points, source, layer_image(source, "ZYX"))
    assert np.allclose(found.positions, clicks())
    assert np.allclose(found.radius, 2.5)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.zeros((0, 3)), {}, "has no points"),
        (np.ones((3, 3)), {}, "points of the layer 'Points' have no class"),
        (np.ones((3, 3)), {"features": {"class": ["a", None, "b"]}}, "point 1 .* has no class"),
        (np.ones((3, 2)), {"features": {"class": ["a", "a", "b"]}}, "the slices of its points"),
    ],
)
def test_problems_are_told(train, layers, viewer, press, told, data, options, message):
    import re

    train.form.labels.value = viewer.add_points(data, name="Points", **options)
    press(train.panel.start_button)
    assert train.panel.job is None
    assert re.search(message, told[-1])
