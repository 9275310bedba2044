"""The rival without a network: multi-scale features and a random forest, as ilastik and Labkit."""

import numpy as np
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

LARGEST = 16  # standard deviation of the widest filter, in pixels
TREES = 100


def features(image):
    """Intensity, edges and texture (eigenvalues of the Hessian) at six scales."""
    pixels = image.read({})[0].astype(np.float32)
    return multiscale_basic_features(pixels, sigma_min=0.5, sigma_max=LARGEST, workers=2)


def fit(painted, seed=0):
    """Train a forest on painted pixels; pairs of an image and its strokes."""
    rows, ids = [], []
    for image, strokes in painted:
        rows.append(features(image)[strokes > 0])
        ids.append(strokes[strokes > 0])
    forest = RandomForestClassifier(TREES, min_samples_leaf=2, n_jobs=2, random_state=seed)
    return forest.fit(np.concatenate(rows), np.concatenate(ids))


def predict(forest, image):
    """Class ids of an image."""
    found = features(image)
    return forest.predict(found.reshape(-1, found.shape[-1])).reshape(found.shape[:-1])
