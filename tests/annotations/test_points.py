import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image

STACK = Image(np.zeros((3, 40, 50), np.uint8), "ZYX", name="stack")


def drawn(points, image=STACK):
    labels = points.labels(image)
    return labels.read(tuple((0, n) for n in image.shape))[0]


def test_disks_are_drawn_in_their_slice():
    points = fs.Points.named([(0, 10.4, 20.0), (2.2, 39, 0)], ["a", "b"], radius=2.0)
    found = drawn(points)
    y, x = np.mgrid[:40, :50]
    assert np.array_equal(found[0], np.hypot(y - 10.4, x - 20) <= 2)
    assert not found[1].any()
    assert np.array_equal(found[2], 2 * (np.hypot(y - 39, x) <= 2))


def test_radius_zero_is_the_nearest_pixel_and_each_point_may_have_its_own():
    points = fs.Points.named([(1, 5.4, 6.6), (1, 20, 30)], [7, 3], radius=np.array([0.0, 3.0]))
    found = drawn(points)
    assert found[1, 5, 7] == 7
    assert (found == 7).sum() == 1
    assert (found == 3).sum() == 29  # lattice points in a disk of radius 3


@given(
    at=st.lists(st.tuples(st.floats(0, 2), st.floats(-0.4, 39), st.floats(-0.4, 49)), min_size=1,
                max_size=6),
    radius=st.floats(0, 9),
    corner=st.tuples(st.integers(0, 2), st.integers(0, 39), st.integers(0, 49)),
    data=st.data(),
)  # fmt: skip
def test_a_window_is_a_part_of_the_whole(at, radius, corner, data):
    points = fs.Points.named(at, list(range(1, len(at) + 1)), radius)
    window = tuple(
        (c, data.draw(st.integers(c + 1, n))) for c, n in zip(corner, STACK.shape, strict=True)
    )
    whole = drawn(points)
    part = points.labels(STACK).read(window)[0]
    assert np.array_equal(part, whole[tuple(slice(*s) for s in window)])
    assert whole[tuple(np.floor(np.array(at[-1]) + 0.5).astype(int))] == len(at)


def test_names_become_ids_in_their_order():
    points = fs.Points.named([(0, 1, 1)] * 3, ["cell", "gap", "cell"])
    assert points.ids.tolist() == [1, 2, 1]
    assert [(c.id, c.name) for c in points.classes] == [(1, "cell"), (2, "gap")]
    found = open_annotation(fs.Points.named([(0, 5, 5), (0, 20, 20)], ["cell", "gap"]), STACK)
    assert [(c.id, c.name) for c in found.classes] == [(1, "cell"), (2, "gap")]
    assert found.index.counts == {1: 13, 2: 13}


def test_a_grid_labels_the_middle_of_its_cells():
    cells = np.array([[1, 0], [0, 2], [1, 2]])
    points = fs.Points.on_grid(cells, 10, [SegClass(2, "steel", "#102030")], radius=0)
    assert points.positions.tolist() == [[4.5, 4.5], [14.5, 14.5], [24.5, 4.5], [24.5, 14.5]]
    assert [c.name for c in points.classes] == ["class 1", "steel"]
    plane = Image(np.zeros((30, 20)), "YX")
    assert (drawn(points, plane) > 0).sum() == 4
    with pytest.raises(AnnotationError, match="have 2 coordinates, but stack has the axes ZYX"):
        points.labels(STACK)


def test_what_napari_saves_is_read(tmp_path):
    napari = pytest.importorskip("napari")
    from napari_builtins.io import napari_write_points

    layer = napari.layers.Points(
        [(0, 5, 6), (2, 7.5, 8)], features={"class": ["cell", "gap"], "sure": [1.0, 0.5]}
    )
    path = tmp_path / "clicks.csv"
    assert napari_write_points(str(path), *layer.as_layer_data_tuple()[:2])
    points = fs.read_points(path, radius=1)
    assert points.positions.tolist() == [[0, 5, 6], [2, 7.5, 8]]
    assert [c.name for c in points.classes] == ["cell", "gap"]
    assert open_annotation(path, STACK).index.counts == {1: 13, 2: 12}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 rows with the columns none; points need axis-0"),
        ("index,axis-0,axis-1\n0,1,2\n", "need axis-0, axis-1, ... and class"),
        ("axis-0,axis-1,class\n1,x,2\n", "coordinate that is no number"),
        ("axis-0,axis-1,class\n1,2,a\n1,2,\n", "the point 1 of .* has no class"),
        ("axis-0,axis-1,class\n1,2,300\n", "the class 300 is none"),
        ("axis-0,axis-1,class\n1,2,0\n", "the class 0 is none"),
        ("axis-0,axis-1,class\n1,2,3,4\n", "more values than its 3 columns"),
        ("axis-0,axis-2,class\n1,2,3\n", "without axis-1"),
        ("axis-0,axis-z,class\n1,2,3\n", "without axis-1"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(AnnotationError, match=message):
        fs.read_points(path)


@pytest.mark.parametrize(
    ("positions", "classes", "options", "message"),
    [
        ([(0, 1, float("nan")), (0, 1, 1)], [1, 2], {}, r"point 0 of the points has the coord"),
        ([(1, 2), (3, 4), (5, 6)], ["a", "b"], {}, r"shape \(3, 2\); 2 points need"),
        ([], [], {}, "positions have the shape|are none"),
        ([(0, 1)] * 3, [2, "mito", 1], {}, "mix names and ids of classes: 2, mito, 1"),
        ([(0, 1)] * 2, [1.5, 1], {}, "the class 0 is none"),
        ([(0, 1)] * 2, ["a", None], {}, "the point 1 .* has no class"),
        ([(0, 1)] * 2, [1, 2], {"radius": -3}, "the radius -3 is none"),
        ([(0, 1)] * 2, [1, 2], {"radius": float("inf")}, "the radius inf is none"),
    ],
)
def test_points_that_are_none(positions, classes, options, message):
    with pytest.raises(AnnotationError, match=message):
        fs.Points.named(positions, classes, **options)


@pytest.mark.parametrize(
    ("cells", "step"), [([[1, 256]], 9), ([[1, -1]], 9), ([[1.7, 2.0]], 9), ([[1, 2]], 0), ([1], 9)]
)
def test_grids_that_are_none(cells, step):
    with pytest.raises(AnnotationError, match="class ids go from 1|a grid annotation of"):
        fs.Points.on_grid(cells, step)


def files_of_names(tmp_path):
    for name, order in (("a.csv", ("dark", "bright")), ("b.csv", ("bright", "dark"))):
        rows = [f"{10 * i + 9},{20},{c}" for i, c in enumerate(order)]
        (tmp_path / name).write_text("\n".join(["axis-0,axis-1,class", *rows]))
    return [tmp_path / "a.csv", tmp_path / "b.csv"]


def test_names_are_the_same_class_in_all_files(tmp_path):
    from napari_fcnseg.training.prepare import prepare

    image = np.zeros((40, 50), np.uint8)
    both = files_of_names(tmp_path)
    found = prepare([image, image], both)
    assert [(c.id, c.name) for c in found.classes] == [(1, "dark"), (2, "bright")]
    first, second = (a.read_ids(((9, 10), (20, 21))).item() for a in found.annotations)
    assert (first, second) == (1, 2)  # what is dark in one file is bright in the other
    turned = prepare([image, image], both, classes={5: "bright", 3: "dark"})
    assert [(c.id, c.name) for c in turned.classes] == [(3, "dark"), (5, "bright")]
    assert turned.annotations[0].read_ids(((9, 10), (20, 21))).item() == 3
    with pytest.raises(AnnotationError, match="have the class 'dark', which is none of 1=bright"):
        prepare(image, both[0], classes={1: "bright", 2: "grey"})
    labels = np.zeros((40, 50), np.uint8)
    labels[5, 5], labels[9, 9] = 1, 2
    with pytest.raises(AnnotationError, match="have names, those of other labels have ids"):
        prepare([image, image], [both[0], labels])


def test_no_file_and_points_outside(tmp_path):
    with pytest.raises(AnnotationError, match="cannot read the points"):
        fs.read_points(tmp_path / "none.csv")
    with pytest.raises(AnnotationError, match="point 1 of the points, at 0, 40, 3, lies outside"):
        fs.Points.named([(0, 1, 1), (0, 40, 3)], [1, 2]).labels(STACK)


def test_a_patch_classifier_learns_from_points_and_runs_dense():
    """Points at the middles of cells; each patch is one window of 95 pixels."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:240, :240]
    bright = (x // 60 + y // 60) % 2
    image = (bright * 100 + rng.normal(50, 20, bright.shape)).astype(np.float32)
    cells = bright[::20, ::20] + 1
    points = fs.Points.on_grid(cells, 20, radius=0)
    recipe = fs.Recipe(net="ciresan_n4", net_options={"width": 6}, patch=1, batch=16, steps=60)
    model = fs.fit(image, points, recipe)
    labels = fs.segment(model, image)
    assert (labels == bright + 1).mean() > 0.85
