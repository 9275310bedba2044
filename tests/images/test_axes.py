import pytest

from napari_fcnseg.errors import AxesError
from napari_fcnseg.images.axes import ambiguous, check_axes, kept_axes


@pytest.mark.parametrize("axes", ["YX", "zyx", "TZCYX", "YXC", "CXY"])
def test_axes_that_can_be(axes):
    assert check_axes(axes, (5,) * len(axes), "it") == axes.upper()


@pytest.mark.parametrize(
    ("axes", "shape", "said"),
    [
        ("QYX", (3, 4, 5), "'Q' is none of the letters"),
        ("YYX", (3, 4, 5), "name an axis twice"),
        ("ZTC", (3, 4, 5), "lack Y or X"),
        ("YX", (3, 4, 5), "are 2, dimensions are 3"),
    ],
)
def test_axes_that_cannot_be_say_why_and_the_way_out(axes, shape, said):
    with pytest.raises(AxesError, match=said) as found:
        check_axes(axes, shape, "stack.tif")
    assert "stack.tif has the shape 3 x 4 x 5" in str(found.value)
    assert 'axes="ZYX" or --axes ZYX' in str(found.value)


def test_readings_fit_the_shape_and_what_is_known():
    anything = str(ambiguous((20, 512, 512), "a.tif"))
    assert "ZYX (a stack of slices) or TYX (a time series) or CYX (channels)" in anything
    assert "YXC" not in anything  # 512 channels are no colour
    rgb = str(ambiguous((20, 512, 512, 3), "a.tif", "QYXC"))
    assert "could be ZYXC (slices in RGB) or TYXC" in rgb
    assert "TZYX" not in rgb


def test_kept_axes_are_in_one_order():
    assert [kept_axes(a) for a in ("YXC", "CZYX", "ZTYX", "TCZYX")] == ["YX", "ZYX", "TZYX", "TZYX"]
