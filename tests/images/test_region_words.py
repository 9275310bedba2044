"""Parts of an image in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.region import Region, region_text

STACK = fs.Image(np.zeros((3, 5, 40, 50), np.uint8), "CZYX", name="stack")


@given(st.data())
def test_what_is_written_is_read(data):
    spans = tuple(
        tuple(sorted(data.draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True))))
        for n in STACK.kept_shape
    )
    assert Region.parse(region_text(spans, STACK.kept)).of(STACK) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Z=3", ((3, 4), (0, 40), (0, 50))),
        ("x=10:, Y=:20", ((0, 5), (0, 20), (10, 50))),
        ("Z=:", ((0, 5), (0, 40), (0, 50))),
    ],
)
def test_what_is_left_out_is_all_of_it(text, spans):
    assert Region.parse(text).of(STACK) == spans


@pytest.mark.parametrize(
    "text", ["", "3", "Z=", "Z=-1", "C=0", "Z=1,Z=2", "Z=1:2:3", "Z=a", "Z=1,"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ImageError, match="for example Z=10:20"):
        Region.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("T=0", "stack has no axis T: give a region along Z, Y, X"),
        ("Z=5", "Z=5:6 is not in stack, whose Z goes from 0 to 5"),
        ("Y=7:7", "Y=7:7 is not in stack"),
        ("X=9:3", "X=9:3 is not in stack"),
    ],
)
def test_what_is_not_in_the_image_is_told(text, said):
    with pytest.raises(ImageError, match=said):
        Region.parse(text).of(STACK)
