"""The rival without a network: multi-scale features and a random forest, as ilastik and Labkit."""

import numpy as np

from napari_fcnseg.classical.features import pixel_features
from napari_fcnseg.classical.forest import PixelClassifier


def fit(painted, classes, seed=0):
    """Train a forest on painted pixels; pairs of an image and its strokes, with ids from 1."""
    forest = PixelClassifier(classes, seed)
    features = [pixel_features(image.read({})) for image, _ in painted]
    forest.fit(features, [strokes.astype(np.int64) - 1 for _, strokes in painted])
    return forest


def predict(forest, image):
    """Class ids, and the probability of each at every pixel, ``(classes, Y, X)``."""
    found = forest.probabilities(pixel_features(image.read({})))
    return range(1, len(found) + 1), found
