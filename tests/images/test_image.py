import dask.array as da
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.errors import AxesError, ImageError
from napari_fcnseg.images.grid import Grid
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.mirror import mirrored


@given(size=st.integers(1, 12), before=st.integers(0, 40), after=st.integers(0, 40))
def test_mirror_is_numpys_reflect(size, before, after):
    line = np.arange(size)
    padded = np.pad(line, (before, after), "reflect" if size > 1 else "edge")
    assert line[mirrored(-before, size + after, size)].tolist() == padded.tolist()


@given(data=st.data())
def test_any_window_of_any_axes_is_cut_from_the_mirrored_array(data):
    axes = data.draw(st.sampled_from(["YX", "ZYX", "CYX", "YXC", "TZCYX", "ZTYX", "XY", "CZYX"]))
    shape = tuple(data.draw(st.integers(1, 7)) for _ in axes)
    array = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    image = Image(array, axes)
    spans = []
    for n in image.kept_shape:
        start = data.draw(st.integers(-10, n + 5))
        spans.append((start, start + data.draw(st.integers(1, 12))))
    order = [axes.index(a) for a in "C" + image.kept if a in axes]
    plain = array.transpose(order).reshape(image.channels, *image.kept_shape)
    for axis, ((start, stop), n) in enumerate(zip(spans, image.kept_shape, strict=True), 1):
        plain = np.take(plain, mirrored(start, stop, n), axis=axis)
    assert np.array_equal(image.read(tuple(spans)), plain)


@pytest.mark.parametrize("wrap", [np.asarray, zarr.array, lambda a: da.from_array(a, chunks=7)])
def test_all_kinds_of_arrays_read_the_same(wrap, grey):
    image = Image(wrap(grey), "ZYX")
    window = {"Z": (1, 2), "Y": (-4, 9), "X": (80, 99)}
    assert np.array_equal(image.read(window), Image(grey, "ZYX").read(window))


def test_only_what_is_needed_is_read():
    class Watched:
        shape, dtype = (1000, 4096, 4096), np.dtype(np.uint8)

        def __getitem__(self, region):
            self.read = [s.stop - s.start for s in region]
            return np.zeros(self.read, np.uint8)

    data = Watched()
    Image(data, "ZYX").read(((3, 4), (-10, 20), (4090, 4110)))
    assert data.read == [1, 20, 15]


def test_scale_and_units_default_to_pixels(grey):
    image = Image(grey, "ZYX")
    assert image.scale == (1.0, 1.0, 1.0)
    assert image.units == ("pixel",) * 3
    named = Image(grey, "ZYX", (50.0, 4.0, 4.0), ("nanometer",) * 3)
    assert named.along("XZ") == ((4.0, 50.0), ("nanometer", "nanometer"))


def test_what_cannot_be_an_image():
    with pytest.raises(ImageError, match=r"empty: its shape is \(0, 5\)"):
        Image(np.zeros((0, 5)), "YX")
    with pytest.raises(ImageError, match="complex128.*numpy.abs"):
        Image(np.zeros((5, 5), complex), "YX")
    with pytest.raises(AxesError):
        Image(np.zeros((5, 5)), "ZYX")


def test_a_read_that_fails_names_image_and_place():
    class Broken:
        shape, dtype = (10, 10), np.dtype(np.uint8)

        def __getitem__(self, region):
            raise OSError("disk on fire")

    with pytest.raises(ImageError, match=r"scan: cannot read Y 2:5, X 0:10 \(disk on fire\)"):
        Image(Broken(), "YX", name="scan").read({"Y": (2, 5)})


@given(sizes=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=3))
def test_grid_covers_everything_once(sizes):
    shape, steps = zip(*sizes, strict=True)
    grid, seen = Grid(shape, steps), np.zeros(shape, int)
    for spans in grid:
        seen[tuple(slice(*span) for span in spans)] += 1
    assert (seen == 1).all()
    assert grid[-1] == grid[len(grid) - 1]
    assert grid[1:3] == [grid[i] for i in range(len(grid))][1:3]
    with pytest.raises(IndexError):
        grid[len(grid)]
