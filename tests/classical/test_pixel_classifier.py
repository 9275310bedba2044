import subprocess
import sys

import numpy as np
import pytest

from napari_fcnseg.classical.features import REACH, pixel_features
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.evaluation.scores import confusion_matrix, iou


def test_features_of_a_region_do_not_depend_on_what_is_far_away():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(2, 200, 200)).astype(np.float32)
    whole = pixel_features(image)
    assert whole.shape == (200, 200, 48)
    assert whole.dtype == np.float32
    region = slice(60 - REACH, 140 + REACH)
    part = pixel_features(image[:, region, region])[REACH:-REACH, REACH:-REACH]
    inside = whole[60:140, 60:140]
    assert np.abs(part - inside).max() < 0.1 * inside.std()


def test_it_learns_a_stack_from_strokes(painted):
    image, truth, strokes = painted
    features = [pixel_features(image[z][None]) for z in (1, 4)]
    targets = [strokes[z].astype(int) - 1 for z in (1, 4)]
    forest = PixelClassifier(3, trees=20)
    forest.fit(features, targets)
    shares = forest.probabilities(pixel_features(image[2][None]))
    assert shares.shape == (3, *image.shape[1:])
    assert np.allclose(shares.sum(0), 1, atol=1e-5)
    found = iou(confusion_matrix(truth[2].astype(int) - 1, shares.argmax(0), 3))
    assert (found > [0.5, 0.75, 0.02]).all()


def test_a_class_without_labels_is_found_nowhere():
    features = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    targets = np.where(features[..., 0] > 0, 2, 0)
    forest = PixelClassifier(4, trees=5)
    forest.fit([features], [targets])
    shares = forest.probabilities(features)
    assert not shares[[1, 3]].any()
    assert (shares.argmax(0) == targets).mean() > 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_labels(painted, seed):
    image, _, strokes = painted
    features, targets = pixel_features(image[1][None]), strokes[1].astype(int) - 1

    def labels():
        forest = PixelClassifier(3, seed, trees=10)
        forest.fit([features], [targets])
        return forest.probabilities(features)

    assert np.array_equal(labels(), labels())


def test_scikit_learn_is_not_loaded_for_nothing():
    code = "import sys, napari_fcnseg.training.trainer; assert 'sklearn' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
