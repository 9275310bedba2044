import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.annotations import index as index_module
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

STACK = Image(np.zeros((3, 40, 50), np.uint8), "ZYX", name="stack")


def painted(*strokes, dtype=np.uint8, shape=(3, 40, 50)):
    labels = np.zeros(shape, dtype)
    for value, region in strokes:
        labels[region] = value
    return labels


TWO = painted((1, np.s_[0, 3:6]), (5, np.s_[2, :, 7:9]))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_ids_are_classes_and_zero_is_nothing(dtype):
    found = open_annotation(TWO.astype(dtype), STACK)
    assert [c.id for c in found.classes] == [1, 5]
    ids = found.read_ids(((0, 3), (0, 40), (0, 50)))
    assert np.array_equal(ids, np.where(TWO == 0, -1, TWO.astype(int)))
    assert found.index.counts == {1: 150, 5: 80}


def test_background_of_dense_truth():
    found = open_annotation(TWO, STACK, unpainted="background")
    assert [(c.id, c.name) for c in found.classes] == [
        (0, "background"),
        (1, "class 1"),
        (5, "class 5"),
    ]
    assert np.array_equal(found.read_ids(((0, 3), (0, 40), (0, 50))), TWO)


def test_values_of_a_file_can_be_named():
    labels = np.where(TWO > 0, 255, 0)
    found = open_annotation(labels, STACK, {0: "membrane", 255: "cell"})
    assert [(c.id, c.name) for c in found.classes] == [(1, "membrane"), (255, "cell")]
    ids = found.read_ids(((0, 3), (0, 40), (0, 50)))
    assert np.array_equal(ids, np.where(labels == 255, 255, 1))


def test_a_value_without_name_is_refused():
    with pytest.raises(AnnotationError, match=r"holds the values 1, 5, but 5 is in none.*1=a"):
        open_annotation(TWO, STACK, {1: "a"})
    with pytest.raises(AnnotationError, match="leave one of the two out"):
        open_annotation(TWO, STACK, {0: "a", 1: "b", 5: "c"}, unpainted="background")


def test_names_and_colours_can_be_given_later():
    found = open_annotation(TWO, STACK).named([SegClass(5, "axon", "#123456")])
    assert [c.name for c in found.classes] == ["class 1", "axon"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros((3, 40, 50), np.uint8), "no labelled pixel: paint some strokes"),
        (TWO.astype(np.float32), "holds float32 numbers; labels are whole numbers"),
        (
            painted((300, np.s_[1, 2, 3]), dtype=np.uint16),
            "holds the id 300 at Z = 1, Y = 2, X = 3",
        ),
        (painted((-2, np.s_[1, 2, 3]), dtype=np.int16), "holds the id -2 at Z = 1"),
        (TWO[:, :30], r"has the shape \(3, 30, 50\), its image stack has \(3, 40, 50\) \(ZYX\)"),
        (TWO[0], r"has the shape \(40, 50\)"),
        (np.zeros((3, 40, 50, 3), np.uint8), r"has the shape \(3, 40, 50, 3\), its image"),
    ],
)
def test_each_wrong_input_has_its_own_error(labels, said):
    with pytest.raises(AnnotationError, match=said):
        open_annotation(labels, STACK)


def test_many_ids_are_taken_for_instances():
    labels = np.arange(3 * 40 * 50).reshape(3, 40, 50) % 100
    with pytest.raises(AnnotationError, match="99 different ids.*If each object has its own id"):
        open_annotation(labels, STACK)


def test_files(tmp_path):
    tifffile.imwrite(tmp_path / "labels.tif", TWO, photometric="minisblack")
    assert open_annotation(tmp_path / "labels.tif", STACK).index.counts == {1: 150, 5: 80}
    tifffile.imwrite(
        tmp_path / "rgb.tif",
        np.zeros((40, 50, 3), np.uint8) + np.uint8([1, 2, 3]),
        photometric="rgb",
    )
    with pytest.raises(AnnotationError, match="rgb has 3 channels; labels are one whole number"):
        open_annotation(tmp_path / "rgb.tif", Image(np.zeros((40, 50)), "YX"))


def test_outside_the_image_nothing_is_labelled():
    found = open_annotation(TWO, STACK)
    ids = found.read_ids(((0, 1), (-2, 5), (48, 53)))
    assert (ids[0, :2] == -1).all()
    assert (ids[0, :, 2:] == -1).all()
    assert (ids[0, 5:, :2] == 1).all()
    assert (found.read_ids(((0, 1), (100, 105), (0, 5))) == -1).all()


@given(seed=st.integers(0, 99))
def test_the_index_points_at_labels(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (2, 30, 33)) * (rng.random((2, 30, 33)) < 0.1)
    labels[0, 0, 0] = 1
    index = open_annotation(labels, Image(labels, "ZYX")).index
    for value, positions in index.positions.items():
        assert len(positions) == index.counts[value] == (labels == value).sum()
        assert (labels[tuple(positions.T)] == value).all()


def test_of_very_many_labels_a_fair_sample_is_kept(monkeypatch):
    monkeypatch.setattr(index_module, "KEPT", 1000)
    labels = np.ones((10, 64, 64), np.uint8)
    labels[5:] = 2
    index = open_annotation(labels, Image(labels, "ZYX")).index
    assert index.counts == {1: 5 * 64 * 64, 2: 5 * 64 * 64}
    for positions in index.positions.values():
        assert 400 < len(positions) <= 1000
        share = np.bincount(positions[:, 0] % 5, minlength=5) / len(positions)
        assert (np.abs(share - 0.2) < 0.1).all()


def test_what_is_painted_while_labels_are_read_does_not_unbalance_the_count(monkeypatch):
    labels = TWO.copy()
    before = open_annotation(labels, STACK)
    count = index_module.np.bincount

    def paint_behind(*args, **options):
        found = count(*args, **options)
        labels[0, 20] = 1  # a person is quicker
        return found

    monkeypatch.setattr(index_module.np, "bincount", paint_behind)
    during = before.repainted([(0,)])
    assert during.index.counts[1] == len(during.index.positions[1]) == 150
    monkeypatch.undo()
    assert during.repainted([(0,)]).index.counts == {1: 200, 5: 80}
