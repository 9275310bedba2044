"""The rival without a network: multi-scale features and a random forest, as ilastik and Labkit."""

import numpy as np
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

LARGEST = 16  # standard deviation of the widest filter, in pixels
TREES = 100
MOST = 200_000  # painted pixels that it learns from, drawn at random: dense labels have millions


def features(image):
    """Intensity, edges and texture (eigenvalues of the Hessian) at six scales."""
    pixels = image.read({})[0].astype(np.float32)
    return multiscale_basic_features(pixels, sigma_min=0.5, sigma_max=LARGEST, workers=2)


def fit(painted, seed=0):
    """Train a forest on painted pixels; pairs of an image and its strokes."""
    rng, rows, ids = np.random.default_rng(seed), [], []
    for image, strokes in painted:
        at = np.flatnonzero(strokes)
        at = rng.permutation(at)[: MOST // len(painted)]
        found = features(image)
        rows.append(found.reshape(-1, found.shape[-1])[at])
        ids.append(strokes.ravel()[at])
    forest = RandomForestClassifier(TREES, min_samples_leaf=2, n_jobs=2, random_state=seed)
    return forest.fit(np.concatenate(rows), np.concatenate(ids))


def predict(forest, image):
    """Class ids, and the probability of each at every pixel, ``(classes, Y, X)``."""
    found = features(image)
    shares = forest.predict_proba(found.reshape(-1, found.shape[-1]))
    return forest.classes_, shares.T.reshape(-1, *found.shape[:-1])
