import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.measure import label

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError, OutputError
from napari_fcnseg.events import BlockDone
from napari_fcnseg.images.grid import Grid
from napari_fcnseg.refine import parts
from napari_fcnseg.refine.components import PartLabeller
from napari_fcnseg.refine.grow import grow

stacks = arrays(np.uint8, (5, 7, 9), elements=st.sampled_from([0, 0, 1, 1, 2]))
steps = st.tuples(*(st.integers(1, n) for n in (3, 7, 9)))


def in_blocks(values, steps, along, diagonal):
    parts = np.zeros(values.shape, np.uint32)
    labeller = PartLabeller(
        lambda spans: values[tuple(slice(*s) for s in spans)], parts, values.shape, along, diagonal
    )
    for spans in Grid(values.shape, steps):
        labeller.add(spans)
    components = labeller.components()
    return components, components.of_part[parts]


@given(stacks, steps, st.booleans())
def test_blocks_are_the_whole(values, steps, diagonal):
    expected = label(values, background=0, connectivity=3 if diagonal else 1)
    components, found = in_blocks(values, steps, (True, True, True), diagonal)
    assert (found == expected).all()
    assert components.count == expected.max()
    assert components.sizes.tolist()[1:] == np.bincount(expected.ravel())[1:].tolist()
    for number, value in enumerate(components.values.tolist()):
        if number:
            assert (values[expected == number] == value).all()


@given(stacks, steps, st.sampled_from([(False, True, True), (True, False, True)]))
def test_planes_may_be_apart(values, steps, along):
    """Numbers go on from plane to plane, by first pixels."""
    _, found = in_blocks(values, steps, along, False)
    axis = along.index(False)
    for plane, ours in zip(np.moveaxis(values, axis, 0), np.moveaxis(found, axis, 0), strict=True):
        theirs = label(plane, background=0, connectivity=1)
        pairs = {
            (a, b) for a, b in zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True)
        }
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    firsts = np.unique(found, return_index=True)[1][int(not found.all()) :]
    assert (np.diff(firsts) > 0).all()  # numbered in the order of their first pixels


def test_a_part_that_meets_only_around_the_block():
    """A U whose arms lie in two blocks that a third one, of its bow, joins last."""
    values = np.array([[1, 0, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
    for block in ((1, 1), (2, 1), (1, 2), (3, 3)):
        components, found = in_blocks(values, block, (True, True), False)
        assert components.count == 1
        assert (found == values).all()


@given(
    arrays(np.uint8, (9, 11), elements=st.integers(0, 3)),
    arrays(np.bool_, (9, 11)),
    st.integers(0, 4),
    st.tuples(st.integers(0, 8), st.integers(0, 10), st.integers(1, 9), st.integers(1, 11)),
)
def test_a_block_grows_as_the_whole(seeds, foreground, rounds, block):
    along = (True, True)
    whole = grow(seeds, foreground, rounds, along)
    y, x, height, width = block
    around = tuple(slice(max(0, a - rounds), a + n + rounds) for a, n in ((y, height), (x, width)))
    inside = tuple(slice(min(rounds, a), min(rounds, a) + n) for a, n in ((y, height), (x, width)))
    part = grow(seeds[around], foreground[around], rounds, along)[inside]
    assert (part == whole[y : y + height, x : x + width]).all()


def test_growing_by_hand():
    seeds = np.array([[2, 0, 0, 0, 1, 0, 0]])
    foreground = np.array([[1, 1, 1, 1, 1, 0, 1]], bool)
    assert grow(seeds, foreground, 0, (True, True)).tolist() == seeds.tolist()
    assert grow(seeds, foreground, 1, (True, True)).tolist() == [[2, 2, 0, 1, 1, 0, 0]]
    assert grow(seeds, foreground, 9, (True, True)).tolist() == [[2, 2, 1, 1, 1, 0, 0]]
    assert grow(seeds, foreground, 9, (True, False)).tolist() == seeds.tolist()


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(parts, "EDGE", 16)
    monkeypatch.setattr(parts, "DEPTH", 2)


@pytest.fixture
def stack():
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=(6, 60, 70)), (1, 3, 3))
    return (smooth > 0).astype(np.uint8) + (smooth > 0.05)


def test_objects_on_disk(stack, small_blocks, tmp_path):
    image = fs.Image(stack, "ZYX", (40.0, 4.0, 4.0), ("nanometer",) * 3)
    expected = label(stack, background=0, connectivity=1)
    for name in ("objects.ome.zarr", "objects.ome.tif"):
        done = fs.label_objects(image, tmp_path / name).wait()
        opened = fs.open_image(tmp_path / name)
        assert (np.asarray(opened.data[:]) == expected).all()
        assert (opened.axes, opened.scale) == ("ZYX", (40.0, 4.0, 4.0))
        assert (done.count, done.sizes.sum()) == (expected.max(), (stack > 0).sum())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["objects.ome.tif", "objects.ome.zarr"]
    with pytest.raises(OutputError, match="exists already"):
        fs.label_objects(image, tmp_path / "objects.ome.zarr")


def test_small_ones_and_other_classes_are_left_out(stack):
    done = fs.label_objects(stack, axes="ZYX", classes=[2], min_size=30).wait()
    expected = label(stack == 2, connectivity=1)
    sizes = np.bincount(expected.ravel())
    kept = [i for i in range(1, len(sizes)) if sizes[i] >= 30]
    assert 1 < done.count == len(kept) < len(sizes) - 1
    assert (done.data > 0).sum() == sizes[kept].sum()
    assert done.data.max() == len(kept)
    assert set(done.classes.tolist()) == {2}


def test_a_run_that_is_closed_leaves_nothing(stack, small_blocks, tmp_path):
    for events in (1, 61):  # while parts are labelled, and while objects are written
        job = fs.label_objects(stack, tmp_path / "objects.ome.zarr", axes="ZYX")
        for _ in range(events):
            assert isinstance(next(job), BlockDone)
        job.close()
        assert not list(tmp_path.iterdir())


def touching(size=60):
    """Two cells that share a border of three pixels; class ids and object ids."""
    ids = np.zeros((size, size), np.uint8)
    ids[10:40, 10:30], ids[10:40, 30:50] = 1, 2
    inside = ndimage.binary_erosion(ids == 1, iterations=3) | ndimage.binary_erosion(
        ids == 2, iterations=3
    )
    return np.where(inside, 1, np.where(ids > 0, 2, 3)).astype(np.uint8), ids


def test_cells_that_touch_are_split():
    classes, ids = touching()
    assert fs.label_objects(np.where(classes == 3, 0, 1).astype(np.uint8)).wait().count == 1
    done = fs.split_objects(classes).wait()
    assert (done.data == ids).all()


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_of_probabilities_too(kind, small_blocks):
    classes, ids = touching()
    shares = np.stack([classes == c for c in (1, 2, 3)]) * 0.8 + 0.05
    shares = shares if kind is np.float32 else np.round(255 * shares)
    done = fs.split_objects(shares.astype(kind), axes="CYX").wait()
    assert (done.data == ids).all()
    none = fs.split_objects(shares.astype(kind), axes="CYX", min_seed=10**6).wait()
    assert none.count == 0
    assert not none.data.any()


@given(st.integers(5, 40), st.integers(5, 40))
def test_split_in_any_blocks(edge, depth):
    rng = np.random.default_rng(edge)
    classes = rng.integers(1, 4, (4, 30, 35)).astype(np.uint8)
    whole = fs.split_objects(classes, axes="ZYX", rounds=3).wait().data
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "EDGE", edge)
        patch.setattr(parts, "DEPTH", depth % 4 + 1)
        blocks = fs.split_objects(classes, axes="ZYX", rounds=3).wait().data
    assert (blocks == whole).all()


def test_what_cannot_be_labelled_is_told():
    with pytest.raises(ImageError, match="split_objects"):
        fs.label_objects(np.zeros((2, 9, 9), np.float32), axes="CYX")
    with pytest.raises(ImageError, match="channels"):
        fs.split_objects(np.zeros((2, 9, 9), np.float32), axes="CYX", border=7)
    with pytest.raises(ImageError, match="no axis"):
        fs.label_objects(np.zeros((9, 9), np.uint8), across="T")
