import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.resample import resample, resample_labels

FACTORS = st.sampled_from([0.3, 0.5, 0.8, 1.0, 1.06, 1.5, 2.0, 2.5, 3.7]) | st.floats(0.25, 5)


def whole(image):
    return image.read({})


@given(data=st.data(), factors=st.tuples(FACTORS, FACTORS), labels=st.booleans())
def test_a_window_holds_what_the_whole_holds_there(data, factors, labels):
    axes = data.draw(
        st.sampled_from(["YX", "ZYX", "XY", "ZXY"] if labels else ["YX", "CYX", "YXC"])
    )
    kind = np.uint8 if labels else data.draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    shape = [data.draw(st.integers(1, 40 if a in "YX" else 3)) for a in axes]
    pixels = np.random.default_rng(0).integers(0, 3 if labels else 200, shape).astype(kind)
    if kind is np.float32:
        pixels[np.random.default_rng(1).random(shape) < data.draw(st.sampled_from([0, 0.2]))] = (
            np.nan
        )
    image = Image(pixels, axes)
    seen = resample_labels(image, factors) if labels else resample(image, factors)
    plain, window = whole(seen), {}
    cut = [slice(None)]
    for axis, n in zip(seen.kept, seen.kept_shape, strict=True):
        start = data.draw(st.integers(0, n - 1))
        window[axis] = start, data.draw(st.integers(start + 1, n))
        cut.append(slice(*window[axis]))
    assert seen.dtype == image.dtype
    assert np.array_equal(seen.read(window), plain[tuple(cut)], equal_nan=kind is np.float32)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.3, 2.0, 2.5, 6.0])
def test_a_ramp_stays_a_ramp_and_lies_where_it_lay(factor):
    """Pixel i of the result has its middle at (i + 0.5) factor: so say its values."""
    ramps = np.indices((120, 120), np.float32) + 0.5
    seen = resample(Image(ramps, "CYX", (1, 4, 4), ("pixel", "nm", "nm")), (factor, factor))
    middle = (np.arange(round(120 / factor)) + 0.5) * factor
    inside = np.flatnonzero((middle > factor) & (middle < 120 - factor))
    found = whole(seen)[(slice(None), *np.ix_(inside, inside))]
    expected = np.stack(np.meshgrid(middle[inside], middle[inside], indexing="ij"))
    assert np.abs(found - expected).max() < (0.07 if factor in (1.3, 2.5) else 1e-4)
    assert seen.scale == (1, 4 * factor, 4 * factor)
    assert seen.units == ("pixel", "nm", "nm")


def test_a_checkerboard_shrinks_to_grey_not_to_moire():
    board = np.indices((96, 96)).sum(0) % 2 * 200
    seen = whole(resample(Image(board.astype(np.uint8), "YX"), (4, 4)))[0]
    assert np.abs(seen[1:-1, 1:-1].astype(int) - 100).max() <= 1


def test_halved_by_hand():
    line = Image(np.array([[0, 8, 16, 40, 80, 0]], np.uint8), "YX")
    # Weights 1/8, 3/8, 3/8, 1/8; at the border without what lies outside.
    assert whole(resample(line, (1, 2))).ravel().tolist() == [round(40 / 7), 32, 280 / 7]


def test_pixels_that_are_not_finite_take_no_part():
    pixels = np.full((20, 20), 7, np.float32)
    pixels[3, 3], pixels[10:] = np.inf, np.nan
    seen = whole(resample(Image(pixels, "YX"), (2, 2)))[0]
    assert np.allclose(seen[:5], 7)
    assert np.isnan(seen[6:]).all()


@given(
    factor=st.floats(1, 8),
    angle=st.floats(0, np.pi),
    shift=st.floats(-15, 15),
)
def test_a_line_of_one_pixel_stays_in_one_piece(factor, angle, shift):
    strokes = np.zeros((60, 60), np.uint8)
    along = np.linspace(-60, 60, 600)
    rows = np.round(30 + along * np.sin(angle) + shift * np.cos(angle)).astype(int)
    columns = np.round(30 + along * np.cos(angle) - shift * np.sin(angle)).astype(int)
    inside = (rows >= 0) & (rows < 60) & (columns >= 0) & (columns < 60)
    strokes[rows[inside], columns[inside]] = 5
    seen = whole(resample_labels(Image(strokes, "YX"), (factor, factor)))[0]
    middles, last = np.argwhere(strokes) + 0.5, len(seen) - 1
    covers = [np.floor(middles / factor + e).clip(0, last).astype(int) for e in (-1e-9, 1e-9)]
    either = [(rows[:, 0], columns[:, 1]) for rows in covers for columns in covers]
    assert np.max([seen[cells] for cells in either], axis=0).min() == 5  # none is lost
    assert np.count_nonzero(seen) <= np.count_nonzero(strokes)


def test_labels_vote_and_unlabelled_pixels_do_not():
    labels = Image(np.array([[0, 0, 2, 2, 3, 0], [0, 1, 2, 3, 0, 3]], np.uint8), "YX")
    assert whole(resample_labels(labels, (2, 2))).ravel().tolist() == [1, 2, 3]
    dense = resample_labels(labels, (2, 2), zero_counts=True)
    assert whole(dense).ravel().tolist() == [0, 2, 0]  # of equals the smallest


@given(factors=st.tuples(FACTORS, FACTORS), shape=st.tuples(st.integers(1, 50), st.integers(1, 50)))
def test_image_and_labels_keep_the_same_shape(factors, shape):
    image = Image(np.zeros(shape, np.uint8), "YX")
    assert resample(image, factors).shape == resample_labels(image, factors).shape


def test_enlarged_labels_are_the_nearest():
    labels = Image(np.array([[1, 0, 2]], np.uint8), "YX")
    seen = whole(resample_labels(labels, (1, 0.5)))
    assert seen.ravel().tolist() == [1, 1, 0, 0, 2, 2]


def test_only_what_is_needed_is_read():
    class Watched:
        shape, dtype = (1000, 4096, 4096), np.dtype(np.uint8)

        def __getitem__(self, region):
            self.read = [s.stop - s.start for s in region]
            return np.zeros(self.read, np.uint8)

    data = Watched()
    resample(Image(data, "ZYX"), (2, 0.5)).read(((3, 4), (100, 110), (200, 220)))
    assert data.read == [1, 22, 12]
    resample_labels(Image(data, "ZYX"), (2, 0.5)).read(((3, 4), (100, 110), (200, 220)))
    assert data.read == [1, 20, 10]
