import math

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.extent import largest_object
from napari_fcnseg.annotations.instances import instance_labels, instance_weights
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

IDS = [-3, 1, 2, 255, 256, 70_000, 2**60, 2**60 + 1]  # as floats the last two are equal


def blobs(seed, shape, count=8):
    rng = np.random.default_rng(seed)
    ids = np.zeros(shape, np.int64)
    for value in rng.choice(IDS, count):
        *plane, y, x = rng.integers(0, shape)
        ids[(*plane, slice(y, y + rng.integers(1, 12)), slice(x, x + rng.integers(1, 12)))] = value
    return ids


def by_definition(ids, width):
    """Classes of one plane, pixel by pixel."""
    classes = np.zeros(ids.shape, int)
    at = np.argwhere(np.ones(ids.shape))
    values = ids.ravel()
    for pixel, own in zip(at, values, strict=True):
        away = np.hypot(*(at - pixel).T)
        if own:
            near = (away <= width) & (values != own)
            classes[tuple(pixel)] = 2 if near.any() else 1
        else:
            nearest = sorted(away[values == i].min() for i in np.unique(values[values != 0]))
            between = len(nearest) > 1 and nearest[0] + nearest[1] <= 2 * width
            classes[tuple(pixel)] = 2 if between else 0
    return classes


def row(*values, dtype=np.int64):
    return np.tile(np.array(values, dtype), (9, 1))


def classes_of(ids, border=2):
    return instance_labels(Image(ids, "ZYX"[-ids.ndim :]), border).read({})[0]


@pytest.mark.parametrize(
    ("ids", "border", "expected"),
    [
        ([5] * 5 + [0] * 3, 2, [1, 1, 1, 2, 2, 0, 0, 0]),  # the edge of the image is no border
        ([5] * 5 + [9] * 5, 2, [1, 1, 1, 2, 2, 2, 2, 1, 1, 1]),
        ([5] * 5 + [9] * 5, 1, [1, 1, 1, 1, 2, 2, 1, 1, 1, 1]),
        ([5, 5, 5, 0, 0, 0, 9, 9, 9], 2, [1, 2, 2, 2, 2, 2, 2, 2, 1]),  # a gap of 3: 1 + 3 <= 4
        ([5, 5, 5, 0, 0, 0, 0, 9, 9], 2, [1, 2, 2, 0, 0, 0, 0, 2, 2]),
        ([5, 5, 0, 0, 0, 5, 5], 2, [2, 2, 0, 0, 0, 2, 2]),  # one and the same object
        ([0, 7, 7, 7, 7, 0], 2, [0, 2, 2, 2, 2, 0]),
        ([0, 7, 7, 7, 7, 7, 0], 2, [0, 2, 2, 1, 2, 2, 0]),
    ],
)
def test_borders_by_hand(ids, border, expected):
    assert (classes_of(row(*ids), border) == expected).all()


@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 16), st.integers(1, 16)),
    border=st.integers(1, 4),
)
def test_borders_are_as_defined(seed, shape, border):
    ids = blobs(seed, shape)
    assert np.array_equal(classes_of(ids, border), by_definition(ids, border))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), border=st.integers(1, 5), data=st.data())
def test_a_window_is_a_part_of_the_whole(seed, border, data):
    ids = Image(blobs(seed, (3, 40, 50), 40), "ZYX")
    spans = []
    for n in ids.shape:
        start = data.draw(st.integers(0, n - 1))
        spans.append((start, data.draw(st.integers(start + 1, n))))
    window = tuple(slice(*s) for s in spans)
    for lazy in (instance_labels(ids, border), instance_weights(ids, border, 10.0, 2.0)):
        assert np.array_equal(lazy.read(tuple(spans))[0], lazy.read({})[0][window])


def test_weights_are_of_objects_without_their_borders():
    ids = Image(row(*[5] * 9, *[9] * 9), "YX")
    (weights,) = instance_weights(ids, 2, 10.0, 5.0).read({})
    assert weights.dtype == np.float32
    expected = np.zeros(18)
    expected[7:11] = 10 * math.exp(-(5**2) / 50)  # a gap of 4, so d1 + d2 = 5
    assert weights == pytest.approx(np.tile(expected, (9, 1)), rel=1e-6)


class Recorded:
    """An array that knows how much was read of it at most."""

    def __init__(self, data):
        self.data, self.shape, self.dtype, self.most = data, data.shape, data.dtype, 0

    def __getitem__(self, region):
        self.most = max(self.most, self.data[region].size)
        return self.data[region]


def test_only_windows_with_their_margin_are_read():
    ids = Recorded(np.arange(1, 2 * 900 * 900 + 1).reshape(2, 900, 900) // 40)
    lazy = instance_labels(Image(ids, "ZYX"), 2)
    lazy.read(((1, 2), (300, 400), (500, 600)))
    assert ids.most == 108 * 108
    weights = instance_weights(Image(ids, "ZYX"), 2, 10.0, 5.0)
    weights.read(((1, 2), (300, 400), (500, 600)))
    assert ids.most == (100 + 2 * (28 + 2)) ** 2


def test_what_is_no_object_is_unlabelled_or_background():
    image = Image(np.zeros((9, 12)), "YX", name="cells")
    ids = row(*[70_000] * 6, *[0] * 6)
    sparse = open_annotation(fs.Instances(ids), image)
    assert [(c.id, c.name) for c in sparse.classes] == [(1, "inside"), (2, "border")]
    assert sparse.read_ids(((0, 1), (0, 12))).tolist() == [[1] * 4 + [2] * 2 + [-1] * 6]
    dense = open_annotation(fs.Instances(ids), image, unpainted="background")
    assert [(c.id, c.name) for c in dense.classes] == [
        (0, "background"),
        (1, "inside"),
        (2, "border"),
    ]
    assert dense.index.counts == {0: 54, 1: 36, 2: 18}
    assert dense.read_ids(((0, 1), (0, 12))).tolist() == [[1] * 4 + [2] * 2 + [0] * 6]


def test_thousands_of_objects_of_a_file(tmp_path):
    ids = np.arange(1, 50 * 60 + 1, dtype=np.uint32).reshape(50, 60).repeat(6, 0).repeat(6, 1)
    tifffile.imwrite(tmp_path / "ids.tif", ids)
    image = Image(np.zeros(ids.shape), "YX")
    found = open_annotation(fs.Instances(tmp_path / "ids.tif"), image)
    middle = 48 * 58 * 4 + 2 * (48 + 58) * 8 + 4 * 16  # of cells at the edge of the image more
    assert found.index.counts == {1: middle, 2: ids.size - middle}
    with pytest.raises(AnnotationError, match=r"learn insides and borders with Instances \(--inst"):
        open_annotation(tmp_path / "ids.tif", image)


def test_repainted_objects_are_read_again():
    ids = np.zeros((2, 20, 20), np.int64)
    ids[:, 2:9] = 1000
    annotation = open_annotation(fs.Instances(ids), Image(ids, "ZYX"))
    ids[1, 11:18] = 1001
    again = annotation.repainted([(1,)])
    assert again.index.counts[1] == annotation.index.counts[1] * 3 // 2
    assert again.instances == annotation.instances


def test_borders_are_no_object_of_a_size():
    ids = np.zeros((60, 80), int)
    ids[5:25, 5:65], ids[25:50, 5:65] = 1, 2
    annotation = open_annotation(fs.Instances(ids), Image(ids, "YX"))
    found = largest_object(annotation)
    assert (found.span, found.name) == (56, "inside")


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (lambda: fs.Instances(IDS, border=0), {}, "width of 0: give a whole number .* 1 to 100"),
        (lambda: fs.Instances(IDS, border=2.5), {}, "width of 2.5"),
        (lambda: fs.Instances("cells.csv"), {}, "cells.csv as instances: points have no border"),
        (lambda: fs.Instances(fs.Points.named([(1, 1)], [1])), {}, "the points as instances"),
        (lambda: fs.Instances(row(1, 0)), {"classes": {1: "cell"}}, r"leave out classes= \(--cla"),
        (lambda: fs.Instances(row(1.0, 0, dtype=float)), {}, "holds float64 numbers"),
        (lambda: fs.Instances(row(1, 0, 2)), {}, r"has the shape \(9, 3\), its image"),
        (lambda: fs.Instances(row(0, 0)), {}, "has no labelled pixel"),
    ],
)
def test_what_makes_no_sense_is_refused(make, options, said):
    with pytest.raises(AnnotationError, match=said):
        open_annotation(make(), Image(np.zeros((9, 2)), "YX"), **options)
