"""Images of different pixel sizes, from files to the model."""

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.training.prepare import prepare

QUICK = fs.Recipe(
    net_options={"depth": 2, "width": 4, "padding": "same", "norm": "batch"},
    patch=32,
    batch=2,
    steps=2,
    validation=0.2,
    gap=4,
)
NM = "nanometer"


def known(pixels, *size, name="image", unit=NM):
    return fs.Image(pixels, "ZYX", (30.0, *size), (unit,) * 3, name)


@pytest.fixture
def pair(painted):
    """The same stack twice: at 4 nm, and taken with half as many pixels at 8 nm."""
    image, truth, strokes = painted
    fine = known(image, 4, 4, name="fine")
    coarse = known(image[:, ::2, ::2], 8, 8, name="coarse")
    return (fine, coarse), (strokes, truth[:, ::2, ::2])


def test_others_are_seen_at_the_size_of_the_first(pair, painted):
    images, labels = pair
    data = prepare(images, labels)
    assert [i.kept_shape for i in data.images] == [images[0].kept_shape] * 2
    assert data.images[0] is images[0]
    assert data.pixel_size == PixelSize(4, 4, NM)
    assert "coarse, 8 nm per pixel, is resampled to 4 nm" in data.notes
    assert data.pixels["class 1"] > (painted[2] == 1).sum() + (labels[1] == 1).sum() * 3.9
    turned = prepare(images[::-1], labels[::-1])
    assert turned.pixel_size == PixelSize(8, 8, NM)
    assert turned.images[1].kept_shape == images[1].kept_shape
    index = turned.annotations[1].index
    read = turned.annotations[1].labels.read({})[0]
    assert index.counts == {v: (read == v).sum() for v in (1, 2, 3)}
    for value, at in index.positions.items():
        assert (read[tuple(at.T)] == value).all()


def test_the_recipe_may_say_the_size(pair):
    data = prepare(*pair, pixel_size=6.0)
    assert data.pixel_size == PixelSize(6, 6, NM)
    assert [i.kept_shape[1:] for i in data.images] == [(107, 117)] * 2


def test_the_model_remembers(pair):
    recipe = fs.Recipe.from_dict(QUICK.to_dict() | {"pixel_size": 6})
    model = fs.fit(*pair, recipe)
    assert model.describe()["pixel_size"] == "6 nm"
    assert model.pixel_size == PixelSize(6, 6, NM)


def test_each_axis_is_resampled_on_its_own(painted):
    image, _, strokes = painted
    wide = known(image, 4, 8, name="wide")
    data = prepare([known(image, 4, 4), wide], [strokes, strokes])
    assert data.images[1].kept_shape == (6, 160, 352)


def test_within_five_percent_nothing_happens(painted):
    image, _, strokes = painted
    images = known(image, 4, 4), known(image, 0.00415, 0.0039, unit="micrometer")
    data = prepare(images, [strokes, strokes])
    assert all(a is b for a, b in zip(data.images, images, strict=True))
    assert all(a.labels.data is strokes for a in data.annotations)
    assert not any("resampled" in note for note in data.notes if "Z" not in note)


def test_where_a_size_is_not_known_nothing_happens_and_it_is_told(painted):
    image, _, strokes = painted
    plain = fs.Image(image, "ZYX", name="plain")
    data = prepare([known(image, 4, 4), plain], [strokes, strokes])
    assert data.images[1] is plain
    assert data.pixel_size is None
    assert data.notes == ("how large pixels of plain are is not known: no image is resampled",)
    assert prepare([plain, plain], [strokes, strokes]).notes == ()
    with pytest.raises(ImageError, match="asks for pixel_size = 4, but how large pixels of plain"):
        prepare(plain, strokes, pixel_size=4.0)


def test_slices_that_are_further_apart_are_told(painted):
    image, _, strokes = painted
    thin = fs.Image(image, "ZYX", (4, 4, 4), (NM,) * 3, "thin")
    data = prepare([known(image, 4, 4, name="thick"), thin], [strokes, strokes])
    assert data.notes == (
        "slices of thin are 4 nm apart, those of thick 30 nm; Z is not resampled",
    )


def test_what_is_painted_later_is_resampled_too(painted):
    image, truth, strokes = painted
    live = np.array(strokes)
    images = known(image, 8, 8), known(image, 4, 4)
    annotation = prepare(images, [strokes, live]).annotations[1]
    assert not annotation.read_ids(((0, 1), (0, 80), (0, 88)))[0].max() > 0
    live[0] = truth[0]
    again = annotation.repainted([(0,)])
    assert again.index.counts[1] > annotation.index.counts[1]
    assert (again.read_ids(((0, 1), (0, 80), (0, 88))) > 0).all()
