import numpy as np
import pytest

from napari_fcnseg.images.image import Image
from napari_fcnseg.images.pixel_size import PixelSize


def size_of(scale, units, axes="ZYX"):
    return PixelSize.of(Image(np.zeros((1, 2, 3), np.uint8), axes, scale, units))


def test_units_are_converted():
    nanometers = size_of((30, 4, 5), ("nm", "nm", "nm"))
    assert nanometers == PixelSize(4, 5, "nanometer")
    assert size_of((30, 4, 0.005), ("nm", "nanometer", "µm")) == nanometers
    assert size_of((1, 0.008, 0.005), ("s", "um", "micron"), "TYX").over(nanometers) == (2, 1)


@pytest.mark.parametrize(
    ("scale", "units"),
    [
        ((), ()),
        ((1, 4, 4), ("nm", "pixel", "pixel")),
        ((1, 4, 4), ("nm", "nm", "pixel")),
        ((1, 4, 0), ("nm", "nm", "nm")),
        ((1, 4, np.nan), ("nm", "nm", "nm")),
        ((1, 4, 4), ("second",) * 3),
    ],
)
def test_what_is_no_length_is_not_known(scale, units):
    assert size_of(scale, units) is None


@pytest.mark.parametrize(
    ("x", "agrees"), [(4.19, True), (3.82, True), (4.25, False), (3.75, False)]
)
def test_five_percent_are_the_same(x, agrees):
    four = PixelSize(4, 4, "nanometer")
    assert four.agrees(PixelSize(4, x, "nanometer")) is agrees
    assert PixelSize(x / 1000, 0.004, "micrometer").agrees(four) is agrees


def test_it_is_told_with_its_unit():
    assert str(PixelSize(4, 4.01, "nanometer")) == "4 nm"
    assert str(PixelSize(0.25, 0.5, "micrometer")) == "0.25 x 0.5 µm"
