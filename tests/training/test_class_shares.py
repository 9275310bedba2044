"""Strokes are painted in equal parts; what is found should be as much as there is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.events import Note
from napari_fcnseg.nets.shift import find_score_bias
from napari_fcnseg.training.class_shares import estimate_shares, shift_of
from napari_fcnseg.training.start import shift_of_start
from napari_fcnseg.training.validate import weighted

RECIPE = fs.Recipe(
    net_options={"depth": 2, "width": 8, "padding": "same"},
    patch=64, batch=4, steps=120, rate=1e-2, validation=0.0, shares="estimated",
)  # fmt: skip
SHARES = st.lists(st.floats(0.05, 1.0), min_size=2, max_size=4).map(
    lambda parts: np.array(parts) / sum(parts)
)


def posterior(x, shares):
    """Of classes with normal distributions around 0, 3, 6 ... and these shares."""
    likelihood = np.exp(-0.5 * (x[:, None] - 3 * np.arange(len(shares))) ** 2)
    joint = likelihood * shares
    return joint / joint.sum(1, keepdims=True)


@given(SHARES, st.integers(0, 2**16))
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_shares_are_found_by_who_learned_equal_parts(true, seed):
    rng = np.random.default_rng(seed)
    classes = rng.choice(len(true), 20_000, p=true)
    x = rng.normal(3.0 * classes)
    equal = np.full(len(true), 1 / len(true))
    found = estimate_shares(posterior(x, equal), equal)
    assert found == pytest.approx(true, abs=0.02)
    shift = shift_of(found, equal)
    corrected = torch.from_numpy(np.log(posterior(x, equal)) + shift).softmax(1).numpy()
    assert corrected == pytest.approx(posterior(x, found), abs=1e-4)


@given(SHARES)
def test_who_learned_the_right_shares_is_left_alone(true):
    x = np.random.default_rng(0).normal(
        3.0 * np.random.default_rng(1).choice(len(true), 20_000, p=true)
    )
    assert estimate_shares(posterior(x, true), true) == pytest.approx(true, abs=0.02)


def test_a_class_that_somebody_painted_loses_a_factor_of_a_hundred_at_most():
    shift = shift_of(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    assert np.exp(shift[1] - shift[0]) == pytest.approx(100)
    assert shift.sum() == pytest.approx(0)


def test_labels_count_in_the_shares_of_the_image():
    """100 labels beside cells, of which 10 are wrong, and 100 on cells, a tenth of the image."""
    matrix = np.array([[90, 10], [0, 100]])
    assert iou(matrix) == pytest.approx([0.9, 100 / 110])
    assert weighted(matrix, None) is matrix
    # Of 100 pixels 90 are beside cells, 9 of them taken for cells, and 10 are cells.
    assert iou(weighted(matrix, np.array([0.9, 0.1]))) == pytest.approx([0.9, 10 / 19])


def test_a_class_without_held_out_labels_weighs_nothing():
    counted = weighted(np.array([[4, 0], [0, 0]]), np.array([0.5, 0.5]))
    assert counted.tolist() == [[0.5, 0.0], [0.0, 0.0]]


@pytest.fixture(scope="module")
def rare():
    """Blurred discs that cover 7 % of the image, and as many strokes beside them as in them."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:256, :256]
    places = [(40 + 85 * i, 40 + 85 * j) for i in range(3) for j in range(3)]
    away = np.min([np.hypot(y - a, x - b) for a, b in places], axis=0)
    truth = (away < 13) + np.uint8(1)
    grey = 1 / (1 + np.exp((away - 13) / 5)) + rng.normal(0, 0.2, truth.shape)
    strokes = np.zeros(truth.shape, np.uint8)
    for a, b in places[::2]:
        strokes[a : a + 2, b - 9 : b + 9] = 2
        strokes[a + 40 : a + 42, b + 20 : b + 38] = 1
    return (100 * grey + 100).clip(0, 255).astype(np.uint8), truth, strokes


def found(image, labels, recipe):
    model = fs.fit(image, labels, recipe, axes="YX")
    return model, (fs.segment(model, image, axes="YX") == 2).mean()


def test_rare_objects_are_found_in_the_share_that_they_have(rare):
    image, truth, strokes = rare
    true = (truth == 2).mean()
    _, painted = found(image, strokes, replace(RECIPE, shares="painted"))
    _, estimated = found(image, strokes, RECIPE)
    assert painted > 1.4 * true
    assert abs(estimated - true) < 0.5 * abs(painted - true)


def test_scores_of_held_out_strokes_are_near_those_of_the_image(rare):
    """With as many strokes beside cells as on them they would be too good."""
    image, truth, strokes = rare
    events = list(fs.train(image, strokes, replace(RECIPE, validation=0.25, refit=0.0), axes="YX"))
    told = [event.text for event in events if isinstance(event, Note)]
    assert any("strokes count in them" in text for text in told)
    model = events[-1].model
    assert sum(model.provenance["class_shares"].values()) == pytest.approx(1, abs=1e-3)
    result = fs.segment(model, image, axes="YX")
    true = iou(confusion_matrix(truth - 1, result - 1, 2))[1]
    name = model.classes[1].name
    assert abs(model.provenance["validation"][name] - true) < 0.2


def test_only_what_strokes_leave_open_is_estimated(rare):
    """Dense labels have the shares of the image: the same weights either way."""
    image, truth, _ = rare
    recipe = replace(RECIPE, steps=20)
    one, other = (
        fs.fit(image, truth, replace(recipe, shares=shares), axes="YX").net.state_dict()
        for shares in ("estimated", "painted")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_model_that_is_trained_further_is_shifted_once(rare):
    """It learned without the shift; what goes on from it learns without, and is shifted anew."""
    image, _, strokes = rare
    first = fs.fit(image, strokes, RECIPE, axes="YX")
    by = first.provenance["score_shift"]
    assert by[0] > 0.2 > by[1]
    recipe = replace(RECIPE, steps=1, fine_rate=1e-6, average=0.0)
    data = fs.train(image, strokes, recipe, axes="YX", start=first)
    again = data.wait().model
    name = find_score_bias(first.net)
    found, before = (m.net.get_parameter(name) for m in (again, first))
    shift = torch.tensor(again.provenance["score_shift"])
    assert (found - shift).tolist() == pytest.approx((before - torch.tensor(by)).tolist(), abs=1e-2)


@pytest.mark.parametrize("told", [[1.0], ["a", "b"], "ab", 3])
def test_a_shift_that_is_none_is_refused(told):
    model = make_model()
    model = replace(model, provenance={"score_shift": told})
    with pytest.raises(ModelError, match="score_shift"):
        shift_of_start(model, model.classes)
