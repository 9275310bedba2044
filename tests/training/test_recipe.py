import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.training.recipe import Recipe


def test_toml_and_back(tmp_path):
    recipe = Recipe(steps=7, rate=0.02, flip=False, rotate="any", net_options={"depth": 3})
    recipe.to_toml(tmp_path / "r.toml")
    assert Recipe.from_toml(tmp_path / "r.toml") == recipe


@given(
    st.builds(
        Recipe,
        patch=st.integers(16, 4096),
        minutes=st.floats(0.05, 1000),
        rate=st.floats(1e-6, 1),
        validation=st.floats(0, 0.5),
        rotate=st.sampled_from(["none", "right", "any"]),
        seed=st.integers(0, 2**31 - 1),
    )
)
def test_any_recipe_survives_plain_data(recipe):
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_a_file_needs_only_what_differs(tmp_path):
    (tmp_path / "r.toml").write_text("steps = 50\n[net_options]\ndepth = 3\n")
    recipe = Recipe.from_toml(tmp_path / "r.toml")
    assert recipe == Recipe(steps=50, net_options={"depth": 3})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rates": 1}, "no field 'rates'; did you mean 'rate'"),
        ({"batch": -1}, "batch = -1 is not within 0 and 1024"),
        ({"precision": "half"}, "precision = 'half': choose one of 'auto', 'float32'"),
        ({"patience": 1.5}, "patience = 1.5 is not within 0.0 and 1.0"),
        ({"rate": float("nan")}, "rate = nan is not within"),
        ({"batch": 2.5}, "batch = 2.5 should be of the type int"),
        ({"batch": True}, "batch = True should be of the type int"),
        ({"flip": 1}, "flip = 1 should be of the type bool"),
        ({"rotate": "left"}, "rotate = 'left': choose one of 'none', 'right', 'any'"),
        ({"net_options": []}, "net_options = .* should be of the type dict"),
    ],
)
def test_wrong_values_are_named(values, said):
    with pytest.raises(RecipeError, match=said):
        Recipe.from_dict(values)


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(RecipeError, match="cannot read the recipe .*none.toml"):
        Recipe.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("steps = = 3")
    with pytest.raises(RecipeError, match="bad.toml is not valid"):
        Recipe.from_toml(tmp_path / "bad.toml")
    (tmp_path / "bounds.toml").write_text("batch = -1")
    with pytest.raises(RecipeError, match="bounds.toml is not valid: batch = -1"):
        Recipe.from_toml(tmp_path / "bounds.toml")


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().steps = 3
