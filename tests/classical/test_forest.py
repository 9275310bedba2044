import subprocess
import sys

import numpy as np
import pytest

from napari_fcnseg.classical.forest import PixelClassifier


def test_a_class_without_labels_is_found_nowhere():
    features = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    targets = np.where(features[..., 0] > 0, 2, 0)
    forest = PixelClassifier(4, trees=5)
    forest.fit([features], [targets])
    shares = forest.probabilities(features)
    assert not shares[[1, 3]].any()
    assert (shares.argmax(0) == targets).mean() > 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_labels(seed):
    features = np.random.default_rng(0).normal(size=(20, 20, 3)).astype(np.float32)
    targets = (features.sum(-1) > 0).astype(int)

    def labels():
        forest = PixelClassifier(2, seed, trees=10)
        forest.fit([features], [targets])
        return forest.probabilities(features)

    assert np.array_equal(labels(), labels())


def test_scikit_learn_is_not_loaded_for_nothing():
    code = "import sys, napari_fcnseg.training.trainer; assert 'sklearn' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
