import re

import numpy as np
import pytest
from tests.gui.conftest import MINUTE, TINY

import napari_fcnseg as fs
from napari_fcnseg.gui import train as module
from napari_fcnseg.gui.layers import layer_classes


def test_the_recipe_is_what_stands_in_the_form(train, press, ended):
    press(train.panel.start_button)
    ended(train)
    recipe = train.model.recipe
    assert (recipe.net, recipe.minutes, recipe.steps) == ("unet_light", 0.05, 0)
    shown = recipe.net_options | recipe.to_dict()
    assert {name: shown[name] for name in TINY} == TINY
    assert "held-out strokes: class 1" in train.curve.scores.text()
    assert train.panel.bar.value() == train.panel.bar.maximum()


def test_the_network_says_what_it_costs_before_it_is_trained(train, qtbot):
    qtbot.waitUntil(lambda: "sees" in train.facts.text(), timeout=MINUTE)
    first = train.facts.text()
    assert re.match(r"[\d,]+ parameters, sees [\d-]+ px, tiles leave no trace; about", first)
    train.settings.widgets["depth"].value = 4
    qtbot.waitUntil(lambda: "sees 92-100 px" in train.facts.text(), timeout=MINUTE)
    train.settings.widgets["batch"].value = 0
    qtbot.waitUntil(lambda: "at least" in train.facts.text(), timeout=MINUTE)
    train.form.net.value = "deeplabv3_mobilenet_v3_large"
    qtbot.waitUntil(lambda: "tiles only nearly agree" in train.facts.text(), timeout=MINUTE)
    train.form.net.value = "unet"
    train.settings.widgets["depth"].value = 1  # what cannot be built is said at once
    qtbot.waitUntil(lambda: "depth = 1" in train.facts.text(), timeout=MINUTE)


def test_a_pixel_classifier_is_trained_where_networks_are(train, press, ended, qtbot, layers):
    train.form.net.value = "pixel_classifier"
    assert train.form.minutes.native.isHidden()
    assert train.settings.widgets["rate"].native.isHidden()
    assert not train.settings.widgets["validation"].native.isHidden()
    train.settings.widgets["trees"].value = 7
    qtbot.waitUntil(lambda: "learns in seconds" in train.facts.text(), timeout=MINUTE)
    press(train.panel.start_button)
    ended(train)
    assert train.model.recipe.net == "pixel_classifier"
    assert train.model.net.options["trees"] == 7
    assert "trained in" in train.panel.status.text()
    assert " s" in train.panel.status.text()
    shown = fs.segment(train.model, layers[0].data, axes="ZYX")
    assert set(np.unique(shown)) <= {1, 2, 3}
    train.form.net.value = "unet_light"
    assert not train.form.minutes.native.isHidden()
    assert not train.settings.widgets["rate"].native.isHidden()


def test_a_stopped_run_keeps_the_best_model(train, press, ended, qtbot, tmp_path):
    train.form.minutes.value = 100
    press(train.panel.start_button)
    assert not train.panel.start_button.isEnabled()
    qtbot.waitUntil(lambda: len(train.curve.plot.loss) > 3, timeout=MINUTE)
    press(train.panel.stop_button)
    ended(train)
    assert "stopped at step" in train.panel.status.text()
    assert train.model.provenance["steps"] > 3
    train.save_button.save(tmp_path / "m.zip")
    assert fs.load_model(tmp_path / "m.zip", check=True).classes == train.model.classes
    assert str(tmp_path / "m.zip") in train.panel.status.text()
    press(train.panel.start_button)  # and it can start again
    press(train.panel.stop_button)
    ended(train)


def test_it_goes_on_from_a_model_of_the_session(train, press, ended):
    press(train.panel.start_button)
    ended(train)
    first = train.model
    assert train.form.start_from.value is None  # not by itself
    train.form.net.value = "unet"
    train.form.start_from.value = 0
    press(train.panel.start_button)
    ended(train)
    assert train.model is not first
    assert train.model.provenance["started_from"].startswith(first.name)
    assert train.model.recipe.net == first.recipe.net


def test_strokes_that_are_painted_while_it_trains_are_safe(train, press, ended, layers, qtbot):
    _, strokes = layers
    press(train.panel.start_button)
    before = strokes.data.copy()
    strokes.paint((2, 30, 30), 3)
    ended(train)
    changed = strokes.data != before
    assert changed.any()
    assert set(strokes.data[changed]) == {3}


def test_it_learns_from_strokes_that_are_added_and_undone(
    train, press, ended, viewer, layers, qtbot
):
    _, strokes = layers
    train.form.minutes.value = 100
    before = int((strokes.data > 0).sum())
    strokes.brush_size = 9

    def steps_go_on():
        seen = len(train.curve.plot.loss)
        qtbot.waitUntil(lambda: len(train.curve.plot.loss) > seen + 3, timeout=MINUTE)

    def learned():
        return sum(train.curve.last.model().provenance["labelled_pixels"].values())

    press(train.panel.start_button)
    steps_go_on()
    assert learned() == before
    strokes.paint((viewer.dims.current_step[0], 30, 30), 1)
    more = int((strokes.data > 0).sum())
    assert more > before
    steps_go_on()
    assert learned() == more
    strokes.undo()
    steps_go_on()
    assert learned() == before
    press(train.panel.stop_button)
    ended(train)


def test_the_preview_follows_the_slice(train, press, ended, viewer, qtbot):
    train.form.minutes.value = 100
    press(train.panel.start_button)
    name = "preview of stack"
    qtbot.waitUntil(lambda: name in viewer.layers, timeout=MINUTE)
    shown = viewer.layers[name]
    first = viewer.dims.current_step[0]
    viewer.dims.set_current_step(0, 5)
    on_screen = np.s_[40:120, 40:120]
    qtbot.waitUntil(lambda: bool(np.asarray(shown.data[5])[on_screen].all()), timeout=MINUTE)
    press(train.panel.stop_button)
    ended(train)
    assert np.asarray(shown.data[first])[on_screen].all()
    assert viewer.layers.index(shown) < viewer.layers.index(viewer.layers["strokes"])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda v: v.layers["strokes"].data.fill(0), "strokes.* no labelled pixel"),
        (
            lambda v: v.layers["strokes"].data.__imul__(v.layers["strokes"].data == 1),
            "only the class",
        ),
        (
            lambda v: setattr(v.layers["strokes"], "data", np.ones((6, 9, 9), np.uint8)),
            r"\(6, 9, 9\)",
        ),
    ],
    ids=["nothing painted", "one class", "shape"],
)
def test_problems_are_told_in_plain_words(spoil, words, viewer, train, press, ended, told, qtbot):
    spoil(viewer)
    press(train.panel.start_button)
    ended(train)
    qtbot.waitUntil(lambda: bool(told))
    assert len(told) == 1
    assert re.search(words, told[0]), told
    assert train.model is None
    assert train.panel.start_button.isEnabled()


def test_missing_layers_are_named(viewer, dock, press, told):
    train = dock("Train")
    press(train.panel.start_button)
    assert "no image layer" in told[-1]
    viewer.add_image(np.zeros((30, 30)))
    press(train.panel.start_button)
    assert "no Labels layer" in told[-1]


def test_a_second_run_shows_its_previews_in_the_same_layer(train, press, ended, viewer, layers):
    for run in range(2):
        press(train.panel.start_button)
        ended(train)
        shown = viewer.layers["preview of stack"]
        assert len(viewer.layers) == 3
        assert np.asarray(shown.data).any()
        assert layer_classes(shown, [1, 2, 3]) == list(train.model.classes)
        layers[1].features = {"index": [1, 2, 3], "class": ["a", "b", f"run {run}"]}
    assert [c.name for c in train.model.classes] == ["a", "b", "run 0"]


def test_axes_are_asked_for(viewer, train, press, told, ended):
    viewer.layers["stack"].axis_labels = ("-3", "-2", "-1")
    train.form.image.changed.emit(train.form.image.value)
    press(train.panel.start_button)
    assert "under 'axes'" in told[0]
    train.form.axes.value = "ZYX"
    press(train.panel.start_button)
    ended(train)
    assert train.model is not None


def test_a_defect_in_the_engine_is_shown_and_the_window_lives(
    train, press, ended, told, monkeypatch, qtbot
):
    def broken(*args, **options):
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(module, "train", broken)
    press(train.panel.start_button)
    ended(train)
    assert any("device-side assert" in text for text in told)
    assert train.panel.status.text() == "failed"


def test_any_network_can_be_chosen(train, press, ended):
    train.form.net.value = "segnet_basic"
    assert train.settings.widgets["width"].value == 64  # as published
    train.settings.widgets["width"].value = TINY["width"]
    press(train.panel.start_button)
    ended(train)
    assert train.model.net.name == "segnet_basic"
    assert train.model.net.options == {"width": TINY["width"]}


def test_what_turns_up_while_it_trains_is_told(train):
    train._receive(fs.events.Note("memory ran out with 8 patches"))
    assert train.panel.status.text() == "memory ran out with 8 patches"


def test_objects_with_ids_of_their_own_become_inside_and_border(train, press, ended, layers):
    _, strokes = layers
    cells = np.zeros_like(strokes.data)
    for i, (y, x) in enumerate(np.ndindex(4, 4)):
        cells[:2, 4 + 30 * y : 30 + 30 * y, 4 + 30 * x : 30 + 30 * x] = i + 1
    strokes.data = cells
    train.form.objects.value = True
    train.form.unpainted.value = "background"
    train.settings.widgets["border_weight"].value = 10.0
    press(train.panel.start_button)
    ended(train)
    assert [c.name for c in train.model.classes] == ["background", "inside", "border"]
    assert train.model.recipe.border_weight == 10.0


def test_points_have_no_border(train, press, viewer, told):
    train.form.labels.value = viewer.add_points(
        [[1, 20, 20]], features={"class": ["a"]}, name="clicks"
    )
    train.form.objects.value = True
    press(train.panel.start_button)
    assert "the layer clicks has points, which have no border" in told[-1]
