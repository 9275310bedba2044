"""How far a pixel classifier may be trusted where nobody painted."""

import math

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.classical.forest import PixelClassifier

RIGHT = 0.9  # of its labels, in places that it has not learned from
PART = 1 / 3  # of the pixels there, at least, that it labels so well: else it knows little
LEVELS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)  # probabilities from which on it may label
PARTS = 3  # of the places; each in turn is one that it has not learned from
PIXELS = 20_000  # of those labelled, drawn at random; more would take longer than training


def trust(
    features: NDArray[np.float32],
    targets: NDArray[np.integer],
    places: NDArray[np.integer],
    classifier: PixelClassifier,
    seed: int,
) -> tuple[float, float]:
    """Find the probability from which on labels of a classifier are right: cross-validation.

    Parameters
    ----------
    features
        Of labelled pixels, shape ``(n, features)``.
    targets
        Their class indices, shape ``(n,)``.
    places
        Where each lies, shape ``(n,)``: those of one place are alike, and kept together.
    classifier
        Learns from some places, and labels the others.
    seed
        Draws pixels and places.

    Returns
    -------
    sure : float
        Lowest of `LEVELS` at which nine of ten labels in other places are right; infinity if it is
        none, or a third of the pixels do not reach it. A single place says nothing: the lowest.
    right : float
        Part of all labels in other places that are right; 1 if there is a single place.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(targets))[:PIXELS]
    features, targets, places = features[chosen], targets[chosen], places[chosen]
    order = rng.permutation(np.unique(places))
    if len(order) < 2:
        return LEVELS[0], 1.0
    probability, right = np.zeros(len(targets)), np.zeros(len(targets), bool)
    for part in range(min(PARTS, len(order))):
        test = np.isin(places, order[part::PARTS])
        classifier.fit([features[~test]], [targets[~test]])
        found = classifier.probabilities(features[test])
        probability[test], right[test] = found.max(0), found.argmax(0) == targets[test]
    for level in LEVELS:
        sure = probability >= level
        if sure.mean() >= PART and right[sure].mean() >= RIGHT:
            return level, float(right.mean())
    return math.inf, float(right.mean())
