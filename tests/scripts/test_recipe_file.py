import dataclasses

import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import FcnsegError, ModelError, OutputError, RecipeError
from napari_fcnseg.scripts.recipe_file import read_recipe, write_recipe
from napari_fcnseg.scripts.train_run import repeatable

RECIPE = fs.Recipe(net="segnet", net_options={"width": 8}, steps=12, rate=1.25e-5)


def test_a_recipe_comes_back(tmp_path):
    path = write_recipe(RECIPE, tmp_path / "r.toml")
    assert read_recipe(path) == RECIPE
    assert write_recipe(fs.Recipe(), tmp_path / "v1.2") == tmp_path / "v1.2.toml"


def test_only_what_was_asked_about_is_replaced(tmp_path):
    path = write_recipe(RECIPE, tmp_path / "r.toml")
    with pytest.raises(OutputError, match="exists already"):
        write_recipe(fs.Recipe(), path)
    with pytest.raises(OutputError, match="exists already"):
        write_recipe(fs.Recipe(), tmp_path / "r", overwrite=True)  # asked about r, not r.toml
    assert read_recipe(path) == RECIPE
    write_recipe(fs.Recipe(), path, overwrite=True)
    assert read_recipe(path) == fs.Recipe()
    with pytest.raises(OutputError, match="cannot write"):
        write_recipe(RECIPE, tmp_path / "nowhere" / "r.toml")


def test_a_model_tells_its_recipe(tmp_path):
    model = dataclasses.replace(make_model(), recipe=RECIPE)
    assert read_recipe(model.save(tmp_path / "m.zip")) == RECIPE
    with pytest.raises(RecipeError, match="does not tell how it was trained"):
        read_recipe(make_model().save(tmp_path / "n.zip"))


@pytest.mark.parametrize(
    ("name", "text", "kind", "words"),
    [
        ("r.toml", "rate = ", RecipeError, "is not valid"),
        ("r.toml", "rat = 1.0", RecipeError, "did you mean 'rate'"),
        ("r.toml", "rate = 7.0", RecipeError, "not within"),
        ("m.zip", "PK", ModelError, "not a model package"),
        ("r.txt", "rate = 0.1", RecipeError, "ends in .toml"),
    ],
)
def test_what_is_no_recipe_is_said(name, text, kind, words, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(kind, match=words):
        read_recipe(path)
    with pytest.raises(FcnsegError):
        read_recipe(tmp_path / f"missing-{name}")


def test_the_steps_that_a_run_took_repeat_it():
    recipe = fs.Recipe(minutes=0.5)
    told, notes = repeatable(recipe, None)
    assert told == recipe
    assert "minutes" in notes[0]
    known = {"steps": 321, "device": "cpu", "repainted": True}
    model = dataclasses.replace(make_model(), recipe=recipe, provenance=known)
    told, notes = repeatable(recipe, model)
    assert told == fs.Recipe(minutes=0.5, steps=321)
    assert any("321 steps are repeated" in note for note in notes)
    assert any("strokes were added" in note for note in notes)
    assert repeatable(fs.Recipe(minutes=0.6), model)[0].steps == 0  # set up anew since
    assert repeatable(fs.Recipe(steps=9), model) == (fs.Recipe(steps=9), ())
    assert repeatable(fs.Recipe(net="pixel_classifier"), None)[1] == ()
