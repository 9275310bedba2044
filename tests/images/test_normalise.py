from dataclasses import replace

import numpy as np
import pytest

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import SAMPLE_PIXELS, Normalisation, fit_normalisation

RNG = np.random.default_rng(8)


def test_percentiles_become_minus_one_and_one():
    pixels = RNG.normal(100, 20, (300, 300))
    found = fit_normalisation([Image(pixels, "YX")])
    low, high = np.percentile(pixels, (1, 99))
    assert found(np.array([[[low, high]]])).ravel() == pytest.approx([-1, 1], abs=1e-5)


def test_mean_and_standard_deviation():
    pixels = RNG.normal(100, 20, (300, 300))
    found = fit_normalisation([Image(pixels, "YX")], "mean_std")
    result = found(pixels[None])
    assert result.dtype == np.float32
    assert (result.mean(), result.std()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, rel=1e-4))


def test_channels_and_images_together():
    first = RNG.normal((10, 100), (1, 5), (50, 50, 2)).astype(np.float32)
    found = fit_normalisation([Image(first, "YXC"), Image(first + 2, "YXC")], "mean_std")
    assert found.offset == pytest.approx((11, 101), abs=0.5)
    assert found.channels == 2


def test_only_blocks_of_a_large_image_are_read():
    class Huge:
        shape, dtype, pixels = (1000, 20_000, 20_000), np.dtype(np.uint8), 0

        def __getitem__(self, region):
            size = [s.stop - s.start for s in region]
            self.pixels += int(np.prod(size))
            return RNG.integers(0, 255, size, dtype=np.uint8)

    huge = Huge()
    fit_normalisation([Image(huge, "ZYX")])
    assert 0 < huge.pixels <= SAMPLE_PIXELS


def test_pixels_that_are_not_finite_do_not_spread():
    pixels = RNG.normal(0, 1, (100, 100)).astype(np.float32)
    pixels[3, 4], pixels[5, 6] = np.nan, np.inf
    found = fit_normalisation([Image(pixels, "YX")])
    result = found(pixels[None])[0]
    assert np.isfinite(result).all()
    assert result[3, 4] == result[5, 6] == 0


def test_nothing_to_learn_from():
    with pytest.raises(ImageError, match="have the value 7; there is nothing to learn"):
        fit_normalisation([Image(np.full((9, 9), 7), "YX")])
    with pytest.raises(ImageError, match="no finite pixel"):
        fit_normalisation([Image(np.full((9, 9), np.nan), "YX")])


def test_a_constant_channel_beside_others_is_harmless():
    pixels = np.stack([np.full((60, 60), 3.0), RNG.normal(0, 1, (60, 60))])
    found = fit_normalisation([Image(pixels, "CYX")])
    assert found.scale[0] == 1
    assert not found(pixels)[0].any()


def test_sparse_images_use_their_range():
    pixels = np.zeros((100, 100))
    pixels[0, :5] = 10
    assert fit_normalisation([Image(pixels, "YX")]).scale == (5.0,)


@pytest.mark.parametrize("kind", ["percentile", "mean_std"])
def test_each_image_has_its_own_or_none_has(kind):
    trained, other = (Image(RNG.normal(m, s, (2, 80, 90)), "CYX") for m, s in ((100, 20), (7, 1)))
    together = fit_normalisation([trained], kind)
    assert together.of(other) is together
    each = replace(together, each=True)
    assert each.of(other) == replace(fit_normalisation([other], kind), each=True)
    assert each.of(trained) == each
    blank = Image(np.full((2, 80, 90), 3.0), "CYX")
    assert each.of(blank) is each  # it has no contrast of its own


def test_it_is_not_of_the_tile():
    normalise = Normalisation("percentile", (128.0,), (64.0,))
    block = RNG.integers(0, 255, (1, 64, 64))
    assert np.array_equal(normalise(block)[:, :32], normalise(block[:, :32]))
