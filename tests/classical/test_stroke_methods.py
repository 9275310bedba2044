"""Methods that go on from strokes, on planes whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

import napari_fcnseg as fs
from napari_fcnseg.annotations import index
from napari_fcnseg.annotations.kept import keep_labels
from napari_fcnseg.classical.plane import normalise_plane
from napari_fcnseg.errors import AnnotationError, ImageError, MethodError

FILLING = ["random_walk", "growing", "watershed"]
METHODS = [*FILLING, "superpixels"]


def halves(size=120, noise=20, seed=0):
    """Two flat halves with noise, strokes 2 and 7 on them, and the truth."""
    truth = np.where(np.arange(size) < size // 2, 2, 7)[None].repeat(size, 0).astype(np.uint8)
    grey = np.where(truth == 2, 80, 170) + np.random.default_rng(seed).normal(0, noise, truth.shape)
    strokes = np.zeros_like(truth)
    near, far = size // 6, size * 3 // 4
    strokes[near : near + 4, 10 : size // 3], strokes[far : far + 4, -size // 3 : -10] = 2, 7
    return grey.clip(0, 255).astype(np.uint8), strokes, truth


def run(method, image, strokes, axes=None, **options):
    return fs.segment(
        fs.classical_method(method, image, strokes, axes=axes, **options), image, axes=axes
    )


def notes(method, image, axes=None, **settings):
    out = np.zeros(fs.open_image(image, axes=axes).kept_shape, np.uint8)
    if region := settings.get("region"):
        out = out[tuple(slice(*span) for span in region)]
    job = fs.predict(method, image, out, axes=axes, **settings)
    told = next(job).notes
    job.close()
    return " ".join(told)


@pytest.mark.parametrize("method", FILLING)
def test_flat_halves_are_found_through_noise(method):
    image, strokes, truth = halves()
    found = run(method, image, strokes)
    assert (found == truth).mean() > 0.99
    shifted = np.where(np.arange(120) < 50, 2, 7)
    assert (found == shifted).mean() < 0.95  # which a result by distance alone would not know


@pytest.mark.parametrize("method", FILLING)
def test_a_channel_that_shows_nothing_does_no_harm(method):
    image, strokes, truth = halves()
    both = np.stack([np.full_like(image, 9), image])
    assert (run(method, both, strokes, axes="CYX") == truth).mean() > 0.99


@pytest.mark.parametrize("method", METHODS)
def test_equal_channels_are_one(method):
    image, strokes, _ = halves(80)
    one = run(method, image, strokes)
    several = run(method, np.stack([image] * 4), strokes, axes="CYX")
    assert (one == several).mean() > 0.999


planes = hnp.arrays(np.uint8, st.tuples(st.integers(4, 14), st.integers(4, 14)))


@st.composite
def painted_planes(draw):
    image = draw(planes)
    strokes = draw(hnp.arrays(np.uint8, image.shape, elements=st.sampled_from([0, 0, 0, 1, 4, 9])))
    strokes[0, 0], strokes[-1, -1] = 1, 4
    return image, strokes


@pytest.mark.parametrize("method", METHODS)
@given(case=painted_planes())
@settings(max_examples=25)
def test_labels_are_painted_classes_and_strokes_keep_theirs(method, case):
    image, strokes = case
    found = run(method, image, strokes)
    assert set(np.unique(found)) <= {0, *np.unique(strokes)}
    if method != "superpixels":
        assert found.all()
        assert (found == strokes)[strokes > 0].all()


@given(pixels=hnp.arrays(np.uint8, (2, 5, 7)))
@settings(max_examples=300)
def test_grey_values_are_the_same_to_the_last_bit_at_any_depth(pixels):
    normalised = normalise_plane(pixels)
    for deep in (pixels.astype(np.uint16) * 257, pixels.astype(np.int32) * 1000 - 5):
        assert np.array_equal(normalised, normalise_plane(deep))
    assert np.isfinite(normalised).all()


@pytest.mark.parametrize("method", METHODS)
@given(case=painted_planes())
@settings(max_examples=15)
def test_bits_of_a_pixel_change_nothing(method, case):
    image, strokes = case
    if method == "superpixels":
        image = np.stack([image, image])  # not the red of a colour
    axes = "CYX" if method == "superpixels" else None
    deep = image.astype(np.uint16) * 257
    found = run(method, image, strokes, axes)
    assert np.array_equal(found, run(method, deep, strokes, axes))
    assert np.array_equal(found, run(method, image.astype(np.float64), strokes, axes))


@pytest.mark.parametrize("method", METHODS)
def test_planes_know_nothing_of_each_other(method):
    pairs = [halves(seed=seed) for seed in range(3)]
    stack, strokes = np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])
    strokes[1] = strokes[1, ::-1]
    together = run(method, stack, strokes, "ZYX")
    for at in range(3):
        assert np.array_equal(together[at], run(method, stack[at], strokes[at]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_plane_of_one_grey_value(method, dtype):
    _, strokes, _ = halves()
    found = run(method, np.full(strokes.shape, 17, dtype), strokes)
    assert set(np.unique(found)) <= {0, 2, 7}
    if method != "superpixels":  # the stroke that is nearer
        assert (found[:30, :40] == 2).all()
        assert (found[-20:, -30:] == 7).all()


@pytest.mark.parametrize("method", METHODS)
def test_pixels_that_are_no_numbers_are_mid_grey(method):
    image, strokes, truth = halves()
    image = image.astype(np.float32)
    image[60:63, 30:50], image[5, 5] = np.nan, np.inf
    found = run(method, image, strokes)
    assert (found == truth)[found > 0].mean() > (0.7 if method == "superpixels" else 0.98)


@pytest.mark.parametrize("method", METHODS)
def test_a_plane_that_is_painted_all_over(method):
    image, _, truth = halves()
    found = run(method, image, truth)
    assert (found == truth).mean() > (0.95 if method == "superpixels" else 0.9999)


def test_strokes_of_other_classes_are_walls_to_a_region():
    """Behind the wall all looks like the strokes before it, and little like those behind it."""
    image, strokes = np.full((2, 40, 60), 100, np.uint8)
    strokes[:] = 0
    strokes[20, 5], strokes[:, 30:32], strokes[20, 50] = 1, 2, 3
    image[:, 30:32], image[20, 50] = 255, 180
    found = run("growing", image, strokes, sigma=0.0)
    assert (found[:, :30] == 1).all()
    assert not (found[:, 32:] == 1).any()


def test_a_region_grows_from_strokes_of_several_grey_values():
    """The mean of a class that is black here and white there is nothing that it looks like."""
    image = np.full((40, 60), 128, np.uint8)
    image[:, :20], image[:, 40:] = 0, 255
    strokes = np.zeros_like(image)
    strokes[5:8, 5:8], strokes[30:33, 50:53], strokes[20, 28:32] = 1, 1, 2
    found = run("growing", image, strokes, sigma=0.0)
    assert np.array_equal(found, np.where(image == 128, 2, 1))


def test_options_do_what_they_say():
    image, strokes, truth = halves(noise=60)
    right = {
        sigma: (run("watershed", image, strokes, sigma=sigma) == truth).mean()
        for sigma in (0.3, 4.0)
    }
    assert right[0.3] < 0.95 < right[4.0]
    far = run("growing", image, strokes, distance=10.0)
    apart = [ndimage.distance_transform_cdt(strokes != c, "chessboard") for c in (2, 7)]
    sure = abs(apart[0] - apart[1]) > 45  # nothing but distance counts
    assert (far == np.where(apart[0] < apart[1], 2, 7))[sure].all()
    weak, strong = (run("random_walk", image, strokes, beta=b, sigma=2.0) for b in (1.0, 1e4))
    assert (weak == truth).mean() < (strong == truth).mean()


def test_planes_without_strokes_stay_unlabelled_and_are_told():
    image, strokes, _ = halves()
    stack = np.stack([image] * 5)
    painted = np.zeros_like(stack)
    painted[1], painted[3] = strokes, np.where(strokes == 2, 2, 0)
    method = fs.classical_method("watershed", stack, painted, axes="ZYX")
    found = fs.segment(method, stack, axes="ZYX")
    assert [bool(plane.any()) for plane in found] == [False, True, False, False, False]
    told = notes(method, stack, "ZYX")
    assert "3 of 5 planes have no strokes and stay unlabelled; paint on them, or train" in told
    assert "1 of 5 planes have strokes of one class only and stay unlabelled" in told
    told = notes(method, stack, "ZYX", region=((1, 4), (0, 120), (0, 120)))
    assert "1 of 3 planes have no strokes" in told
    assert notes(method, stack, "ZYX", region=((1, 2), (0, 120), (0, 120))) == ""


def test_one_class_spreads_to_its_superpixels():
    image, strokes, _ = halves()
    stack, painted = np.stack([image] * 2), np.stack([strokes, np.where(strokes == 2, 2, 0)])
    method = fs.classical_method("superpixels", stack, painted, axes="ZYX")
    assert "one class only" not in notes(method, stack, "ZYX")
    assert set(np.unique(fs.segment(method, stack, axes="ZYX")[1])) == {0, 2}


def test_very_many_strokes_are_counted_all_the_same(monkeypatch):
    image, strokes, _ = halves()
    stack = np.stack([image] * 9)
    painted = np.zeros_like(stack)
    painted[:5] = strokes
    painted[6:8, 3, 3] = 2  # of which a sample would hardly know
    known = notes(fs.classical_method("watershed", stack, painted, axes="ZYX"), stack, "ZYX")
    monkeypatch.setattr(index, "KEPT", 8)
    assert notes(fs.classical_method("watershed", stack, painted, axes="ZYX"), stack, "ZYX") == (
        known
    )
    assert "2 of 9 planes have no strokes" in known
    assert "2 of 9 planes have strokes of one class" in known


def test_large_planes_take_long_and_that_is_told():
    image = np.zeros((1000, 1000), np.uint8)
    strokes = np.zeros_like(image)
    strokes[:2, 0] = 1, 2
    assert "watershed and growing take seconds" in notes(
        fs.classical_method("random_walk", image, strokes), image
    )


def test_points_and_parts_of_labels_are_strokes_too(tmp_path):
    image, strokes, truth = halves()
    clicks = "index,axis-0,axis-1,class\n0,30,30,dark\n1,80,90,bright\n"
    (tmp_path / "clicks.csv").write_text(clicks)
    method = fs.classical_method("watershed", image, tmp_path / "clicks.csv", sigma=2.0)
    assert sorted(c.name for c in method.classes) == ["bright", "dark"]
    dark = next(c.id for c in method.classes if c.name == "dark")
    assert ((fs.segment(method, image) == dark) == (truth == 2)).mean() > 0.99
    known = fs.open_annotation(strokes, fs.open_image(image))
    part = keep_labels(known, lambda spans: np.arange(*spans[1])[None] % 2 == 0)
    assert (run("watershed", image, part) == truth).mean() > 0.99


def test_what_strokes_cannot_be():
    image, strokes, truth = halves()
    with pytest.raises(AnnotationError, match=r"goes on from strokes on image.*--strokes"):
        fs.classical_method("growing", image)
    with pytest.raises(AnnotationError, match="no plane of the labels has strokes of two classes"):
        fs.classical_method("growing", image, np.where(strokes == 2, 2, 0).astype(np.uint8))
    apart = np.stack([np.where(strokes == c, c, 0) for c in (2, 7)]).astype(np.uint8)
    with pytest.raises(AnnotationError, match="paint at least two classes on the same plane"):
        fs.classical_method("watershed", np.stack([image] * 2), apart, axes="ZYX")
    with pytest.raises(AnnotationError, match="has the shape"):
        fs.classical_method("watershed", image, strokes[:-1])
    annotation = fs.open_annotation(truth * (truth > 2), fs.open_image(image), None, "background")
    with pytest.raises(AnnotationError, match=r"0 is a class of the labels.*id of its own"):
        fs.classical_method("watershed", image, annotation)
    method = fs.classical_method("watershed", image, strokes)
    with pytest.raises(AnnotationError, match="labels need one value for each pixel"):
        fs.segment(method, image[:-1])


def test_what_options_cannot_be():
    image, strokes, _ = halves()
    for method, option, told in (
        ("random_walk", {"beta": 0}, "beta = 0 is not within 1.0 and"),
        ("growing", {"sigma": -1.0}, "sigma = -1.0 is not within"),
        ("watershed", {"sigma": "1"}, "sigma = '1' should be of the type float"),
        ("superpixels", {"size": 1}, "size = 1 is not within 2 and 1024"),
        ("superpixels", {"size": 4.5}, "should be of the type int"),
    ):
        with pytest.raises(MethodError, match=told):
            fs.classical_method(method, image, strokes, **option)


def test_damaged_images_are_told_as_such():
    with pytest.raises(ImageError, match="no finite pixel"):
        fs.classical_method("growing", np.full((9, 9), np.nan), np.eye(9, dtype=np.uint8))
