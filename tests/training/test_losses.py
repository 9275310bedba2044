import functools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.training.losses import masked_cross_entropy, masked_overlap
from napari_fcnseg.training.objective import Objective, class_weights
from napari_fcnseg.training.recipe import Recipe

LOSSES = [
    masked_cross_entropy,
    masked_overlap,
    functools.partial(masked_cross_entropy, weights=torch.tensor([1.0, 2.0, 3.0]), focus=2.0),
]


@pytest.mark.parametrize("loss", LOSSES)
@given(seed=st.integers(0, 100))
def test_unlabelled_pixels_change_neither_loss_nor_gradient_by_one_bit(loss, seed):
    rng = torch.Generator().manual_seed(seed)
    target = torch.randint(-1, 3, (2, 8, 8), generator=rng)
    logits = torch.randn(2, 3, 8, 8, generator=rng)
    other = torch.where((target == -1)[:, None], torch.randn(2, 3, 8, 8, generator=rng) * 9, logits)
    results = []
    for given_logits in (logits, other):
        leaf = given_logits.clone().requires_grad_()
        value = loss(leaf, target)
        value.backward()
        results.append((value.detach(), leaf.grad))
    assert torch.equal(results[0][0], results[1][0])
    mask = (target != -1)[:, None].expand_as(logits)
    assert torch.equal(results[0][1][mask], results[1][1][mask])
    assert not results[0][1][~mask].any()


@pytest.mark.parametrize("loss", LOSSES)
def test_no_label_no_loss(loss):
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    value = loss(logits, torch.full((1, 4, 4), -1))
    value.backward()
    assert value == 0
    assert not logits.grad.any()


def test_cross_entropy_is_the_mean_over_labelled_pixels():
    logits, target = torch.randn(2, 3, 5, 5), torch.randint(-1, 3, (2, 5, 5))
    flat = logits.movedim(1, -1)[target >= 0]
    assert masked_cross_entropy(logits, target) == pytest.approx(
        F.cross_entropy(flat, target[target >= 0]).item(), rel=1e-5
    )


def test_dice_by_hand():
    target = torch.tensor([[[0, 1, -1]]])
    p = torch.tensor([0.8, 0.4, 0.9])  # probability of class 0
    logits = torch.stack([p.log(), (1 - p).log()])[None, :, None]
    zero = 1 - (2 * 0.8 + 1) / (0.8 + 0.4 + 1 + 1)
    one = 1 - (2 * 0.6 + 1) / (0.2 + 0.6 + 1 + 1)
    assert masked_overlap(logits, target).item() == pytest.approx((zero + one) / 2, rel=1e-5)


def test_dice_skips_classes_without_labels():
    logits = torch.randn(1, 3, 4, 4)
    target = torch.zeros(1, 4, 4, dtype=torch.long)
    p = logits.softmax(1)[:, 0]
    assert masked_overlap(logits, target).item() == pytest.approx(
        1 - (2 * p.sum().item() + 1) / (p.sum().item() + 16 + 1), rel=1e-5
    )


@pytest.mark.parametrize("focus", [0.0, 2.0])
def test_weighted_and_focal_cross_entropy_by_hand(focus):
    p = torch.tensor([0.8, 0.4, 0.9])  # probability of class 0
    logits = torch.stack([p.log(), (1 - p).log()])[None, :, None]
    target = torch.tensor([[[0, 1, -1]]])
    each = [-(0.2**focus) * math.log(0.8), -(0.4**focus) * math.log(0.6)]
    expected = (1 * each[0] + 3 * each[1]) / 4
    found = masked_cross_entropy(logits, target, torch.tensor([1.0, 3.0]), focus)
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_tversky_counts_what_is_missed_as_asked():
    p = torch.tensor([0.8, 0.4])
    logits = torch.stack([p.log(), (1 - p).log()])[None, :, None]
    target = torch.tensor([[[0, 1]]])
    zero = 1 - (0.8 + 0.5) / (0.8 + 0.9 * 0.2 + 0.1 * 0.4 + 0.5)
    one = 1 - (0.6 + 0.5) / (0.6 + 0.9 * 0.4 + 0.1 * 0.2 + 0.5)
    assert masked_overlap(logits, target, 0.9).item() == pytest.approx((zero + one) / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"weighting": "balanced"}, [6 / 7, 3 / 7, 12 / 7]),
        ({"weighting": "median_freq"}, [6 / 7, 3 / 7, 12 / 7]),
        ({"class_weights": [1, 2, 6]}, [1 / 3, 2 / 3, 2]),
        ({"weighting": "balanced", "class_weights": [1, 1, 4]}, [0.5, 0.5, 2]),
    ],
)
def test_class_weights(changes, expected):
    found = class_weights(Recipe(**changes), [200, 400, 100])
    assert found.tolist() == pytest.approx(expected)


def test_class_weights_that_cannot_be():
    assert class_weights(Recipe(), [1, 2]) is None
    for wrong in ([1.0], [1.0, 0.0], [1.0, float("nan")]):
        with pytest.raises(RecipeError, match="give one positive number for each of the 2 classes"):
            class_weights(Recipe(class_weights=wrong), [5, 5])


def test_dropped_labels_carry_no_gradient():
    rng, target = torch.Generator().manual_seed(0), torch.zeros(1, 40, 40, dtype=torch.long)
    logits = torch.zeros(1, 2, 40, 40, requires_grad=True)
    objective = Objective(Recipe(drop=0.3, dice=0), [1600, 0], torch.device("cpu"))
    objective(logits, objective.drop(target, rng), torch.zeros(1, 1, 40, 40)).backward()
    left = (logits.grad[0, 0] != 0).float().mean().item()
    assert left == pytest.approx(0.7, abs=0.05)
    assert (target == 0).all()
