"""A pixel classifier is trusted as far as it is right in places that it has not seen."""

import math

import numpy as np
import pytest

from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.training.trust import LEVELS, PART, RIGHT, trust


def pixels(noise, places=12, each=150, seed=0):
    """Two classes whose feature differs by 1, with noise; and a feature that tells the place."""
    rng = np.random.default_rng(seed)
    where = np.repeat(np.arange(places), each)
    targets = rng.integers(0, 2, len(where))
    told = targets + rng.normal(0, noise, len(where))
    return np.stack([told, where + 0.01 * targets], 1).astype(np.float32), targets, where


def sure_from(features, targets, where):
    return trust(features, targets, where, PixelClassifier(2, 0, 20, 5), 0)[0]


@pytest.mark.parametrize("noise", [0.2, 0.5, 0.7, 5.0])
def test_from_there_on_nine_of_ten_are_right_elsewhere(noise):
    sure = sure_from(*pixels(noise))
    assert sure in (*LEVELS, math.inf)
    forest = PixelClassifier(2, 0, 20, 5)
    forest.fit(*([part] for part in pixels(noise)[:2]))
    features, targets, _ = pixels(noise, seed=1)
    features[:, 1] = 100  # another place
    found = forest.probabilities(features)
    right = found.argmax(0) == targets
    if math.isinf(sure):
        parts = [found.max(0) >= level for level in LEVELS]
        assert all(right[p].mean() < RIGHT or p.mean() < PART + 0.05 for p in parts if p.any())
    else:
        assert right[found.max(0) >= sure].mean() > RIGHT - 0.03


def test_more_noise_needs_more_probability():
    levels = [sure_from(*pixels(noise)) for noise in (0.2, 0.6, 5.0)]
    assert levels == sorted(levels)
    assert levels[0] == LEVELS[0]
    assert math.isinf(levels[-1])


def test_what_is_told_by_the_place_alone_is_not_trusted():
    """A split by pixels would find it right."""
    rng = np.random.default_rng(0)
    where = np.repeat(np.arange(20), 60)
    targets = rng.integers(0, 2, 20)[where]
    features = where[:, None].astype(np.float32)
    assert sure_from(features, targets, rng.integers(0, 20, len(where))) == LEVELS[0]
    assert math.isinf(sure_from(rng.permutation(40)[where][:, None] + features * 0, targets, where))


def test_one_that_knows_a_few_pixels_only_is_not_trusted():
    """It is right about a tenth of them, and tosses a coin for the others."""
    features, targets, where = pixels(5.0)
    some = np.random.default_rng(1).random(len(targets)) < 0.1
    features[some, 0] = 100 * (2 * targets[some] - 1)
    assert math.isinf(sure_from(features, targets, where))
    features[:, 0] = 100 * (2 * targets - 1)
    assert sure_from(features, targets, where) == LEVELS[0]


def test_one_place_says_nothing():
    features, targets, where = pixels(5.0)
    assert sure_from(features, targets, where * 0) == LEVELS[0]


def test_how_often_it_is_right_elsewhere():
    """Of a fifth of the pixels its features say nothing: it tosses a coin."""
    features, targets, where = pixels(0.01)
    features[np.random.default_rng(2).random(len(targets)) < 0.2, 0] = 7
    features = features[:, :1]
    _, right = trust(features, targets, where, PixelClassifier(2, 0, 20, 5), 0)
    assert right == pytest.approx(0.9, abs=0.03)
    _, unknown = trust(features, targets, where * 0, PixelClassifier(2, 0, 20, 5), 0)
    assert unknown == 1
