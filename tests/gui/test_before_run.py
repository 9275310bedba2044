"""What the Segment widget says before a run, and what its buttons do about it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import make_model
from tests.gui.conftest import MINUTE

import napari_fcnseg as fs
from napari_fcnseg.gui.choices import trained_models
from napari_fcnseg.images.pixel_size import PixelSize


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(64, 193, (3, 64, 72), np.uint8)


@pytest.fixture
def settled(qtbot):
    """Wait until a widget has looked ahead."""
    return lambda widget: qtbot.waitUntil(lambda: widget.before.settled, timeout=2 * MINUTE)


def found(segment):
    return {row.finding.kind: row for row in segment.before.rows}


def test_what_is_missing_is_a_hint_and_no_error(dock, viewer, settled, told):
    segment = dock("Segment")
    assert "there is no model yet" in segment.before.plan.text()
    trained_models(viewer).add(make_model())
    assert "there is no image layer" in segment.before.plan.text()
    assert not told


def test_axes_are_chosen_with_a_button(dock, viewer, pixels, press, settled):
    trained_models(viewer).add(make_model())
    viewer.add_image(pixels, name="stack")
    segment = dock("Segment")
    (row,) = segment.before.rows
    assert "what are the axes of the layer stack" in row.finding.text
    press(next(b for b in row.buttons if b.text() == "It is ZYX"))
    assert segment.form.axes.value == "ZYX"
    settled(segment)
    assert "axes" not in found(segment)
    assert "3 tiles of 1 x " in segment.before.plan.text()


def test_other_grey_values_are_mended_by_a_copy_of_the_model(
    dock, viewer, pixels, press, ended, settled
):
    net = make_model()
    trained_models(viewer).add(net)
    viewer.add_image(pixels // 4 + 190, name="bright", axis_labels=("z", "y", "x"))
    segment = dock("Segment")
    settled(segment)
    press(found(segment)["grey values"].buttons[0])
    own = segment.form.model.model()
    assert own is trained_models(viewer).models[-1] is not net
    settled(segment)
    assert "grey values" not in found(segment)
    press(segment.panel.start_button)
    assert not any(row.isVisible() for row in segment.before.rows)  # too late, and there is no room
    ended(segment)
    shown = viewer.layers["bright segmented"]
    assert np.array_equal(shown.data, fs.segment(own, viewer.layers["bright"].data, axes="ZYX"))


def test_other_pixels_are_mended_by_a_layer_that_lies_on_the_first(
    dock, viewer, pixels, press, ended, settled
):
    net = replace(make_model(), pixel_size=PixelSize(8, 8, "nanometer"))
    trained_models(viewer).add(net)
    place = {"scale": (50, 4, 4), "translate": (0, 40, 80), "units": ("nm",) * 3}
    stack = viewer.add_image(pixels, name="fine", axis_labels=("z", "y", "x"), **place)
    segment = dock("Segment")
    settled(segment)
    press(found(segment)["pixel size"].buttons[0])
    coarse = segment.form.image.value
    assert coarse.name == "fine at 8 nm"
    assert coarse.data.shape == (3, 32, 36)
    settled(segment)
    assert "pixel size" not in found(segment)
    press(segment.panel.start_button)
    ended(segment)
    shown = viewer.layers["fine at 8 nm segmented"]
    assert np.array_equal(shown.data, fs.segment(net, np.asarray(coarse.data), axes="ZYX"))
    for layer in (coarse, shown):  # the borders of their pixels meet those of the stack
        corner = layer.translate - layer.scale / 2
        assert np.allclose(corner[1:], (stack.translate - stack.scale / 2)[1:])


def test_what_is_on_screen_is_planned_anew_as_the_view_moves(dock, viewer, pixels, settled, qtbot):
    trained_models(viewer).add(make_model())
    image = viewer.add_image(pixels, name="stack", axis_labels=("z", "y", "x"))
    segment = dock("Segment")
    settled(segment)
    assert "3 tiles" in segment.before.plan.text()
    segment.form.region.value = "the current slice"
    settled(segment)
    assert segment.before.plan.text().startswith("1 tile of")
    image.data = np.tile(pixels, (2, 1, 1))
    segment.form.region.value = "all of it"
    qtbot.waitUntil(lambda: "6 tiles" in segment.before.plan.text(), timeout=MINUTE)
