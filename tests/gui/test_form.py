import dataclasses

import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.gui.form import RecipeForm

ELSEWHERE = ("net", "minutes", "steps")


def test_a_form_gives_its_recipe_back(qtbot):
    recipe = fs.Recipe(
        net_options={"depth": 3, "width": 24, "padding": "same", "norm": "batch"},
        rotate="any", flip=False, rate=5e-4, seed=12345, validation=0.25, minutes=7,
        batch=0, precision="bfloat16", patience=0.3,
    )  # fmt: skip
    form = RecipeForm(recipe, ELSEWHERE)
    qtbot.addWidget(form)
    assert form.recipe() == recipe
    assert form.recipe(minutes=3.0) == dataclasses.replace(recipe, minutes=3.0)


def test_every_field_has_one_row(qtbot):
    form = RecipeForm(fs.Recipe(), ELSEWHERE)
    qtbot.addWidget(form)
    fields = {f.name for f in dataclasses.fields(fs.Recipe)} - {
        *ELSEWHERE,
        "net_options",
        "class_weights",
    }
    options = {"depth", "width", "neighbours", "flat", "trees", "leaves", "clusters"}
    assert set(form.widgets) == fields | options


def test_the_form_shows_a_network_as_it_was_published(qtbot):
    form = RecipeForm(fs.Recipe(), ELSEWHERE)
    qtbot.addWidget(form)
    form.show()
    assert form.recipe() == fs.Recipe()  # what is not changed is not said

    def shown():
        rows = ("depth", "width", "neighbours", "flat")
        return {n: form.widgets[n].value for n in rows if form.widgets[n].native.isVisible()}

    assert shown() == {"depth": 4, "width": 16}
    form.choose_net("segnet")
    assert shown() == {"width": 64}
    form.widgets["width"].value = 8
    assert form.recipe() == fs.Recipe(net="segnet", net_options={"width": 8})
    form.choose_net("unet3d_light")
    assert shown() == {"depth": 4, "width": 8, "flat": 2}
    form.choose_net("fcn_resnet50")
    assert shown() == {}
    assert form.recipe() == fs.Recipe(net="fcn_resnet50")


def test_what_is_entered_is_in_the_recipe_within_its_bounds(qtbot):
    form = RecipeForm(fs.Recipe(), ELSEWHERE)
    qtbot.addWidget(form)
    form.widgets["batch"].value = 3
    form.widgets["depth"].value = 2
    form.widgets["normalisation"].value = "mean_std"
    recipe = form.recipe()
    assert (recipe.batch, recipe.normalisation) == (3, "mean_std")
    assert recipe.net_options["depth"] == 2
    with pytest.raises(ValueError, match="100000"):
        form.widgets["batch"].value = 100_000
    with pytest.raises(FcnsegError):
        form.recipe(minutes=-1.0)


FINE = fs.Recipe(
    rate=1.25e-5, weight_decay=0.00033, average=0.99957, gamma=0.123456, fine_rate=7e-6,
    net="unet", net_options={"depth": 3, "up": "nearest", "width": 48}, class_weights=[1.0, 0.3],
    steps=17, minutes=0.123, pixel_size=3.14159, rotate="none", seed=2**31 - 1,
)  # fmt: skip


def test_a_recipe_fills_the_form_to_the_last_digit(qtbot):
    form = RecipeForm(fs.Recipe(), ELSEWHERE)
    qtbot.addWidget(form)
    form.show()
    form.fill(FINE)
    assert form.recipe() == FINE
    assert form.widgets["width"].value == 48
    form.fill(fs.Recipe())
    assert form.recipe() == fs.Recipe()
    form.fill(fs.Recipe(net="pixel_classifier"))
    assert form.widgets["rate"].native.isHidden()
    assert not form.widgets["trees"].native.isHidden()
    form.fill(FINE)
    form.choose_net("segnet")  # by hand: its own options, the rest stays
    kept = dataclasses.replace(FINE, net="segnet", net_options={})
    assert form.recipe() == kept


@pytest.mark.parametrize(
    ("net", "options", "words"),
    [
        ("unett", {}, "did you mean 'unet'"),
        ("unet", {"width": 8, "colour": 1}, "unet has no option 'colour'; its options: depth"),
        ("unet", {"width": 8, "depth": 9999}, "depth = 9999 is not within"),
        ("unet", {"width": 8, "depth": "deep"}, "depth = 'deep' should be of the type int"),
    ],
)
def test_a_recipe_that_cannot_be_shown_changes_nothing(qtbot, net, options, words):
    form = RecipeForm(FINE, ELSEWHERE)
    qtbot.addWidget(form)
    with pytest.raises(FcnsegError, match=words):
        form.fill(fs.Recipe(net=net, net_options=options, rate=0.5))
    assert form.recipe() == FINE
