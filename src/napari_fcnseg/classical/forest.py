"""A pixel classifier: features at several scales and a random forest, as in ilastik."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 200_000  # labelled pixels that it learns from, drawn at random: dense labels have millions


class PixelClassifier:
    """Random forest (Breiman 2001) over the features of single pixels.

    Parameters
    ----------
    classes
        How many there are.
    seed
        The same seed and labels give the same forest.
    trees
        How many.
    leaf
        Labelled pixels in a leaf at least.
    """

    def __init__(self, classes: int, seed: int = 0, trees: int = 100, leaf: int = 2) -> None:
        from sklearn.ensemble import RandomForestClassifier  # a second that few need

        self._classes, self._rng = classes, np.random.default_rng(seed)
        self._forest = RandomForestClassifier(
            trees, min_samples_leaf=leaf, n_jobs=-1, random_state=seed
        )

    def fit(
        self, features: Sequence[NDArray[np.float32]], targets: Sequence[NDArray[np.integer]]
    ) -> None:
        """Learn from labelled pixels.

        Parameters
        ----------
        features
            Of each image, shape ``(*space, features)``, see `pixel_features`.
        targets
            Class indices of each, shape ``space``; below 0 where unlabelled.
        """
        rows = np.concatenate([f[t >= 0] for f, t in zip(features, targets, strict=True)])
        indices = np.concatenate([t[t >= 0] for t in targets])
        chosen = self._rng.permutation(len(rows))[:MOST]
        self._forest.fit(rows[chosen], indices[chosen])

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of each class at every pixel.

        Parameters
        ----------
        features
            Shape ``(*space, features)``.

        Returns
        -------
        ndarray
            Shape ``(classes, *space)``; 0 for a class that was not among the labels. Trees are
            summed in no certain order, so that digits beyond the sixth are rounded away.
        """
        *space, count = features.shape
        found = self._forest.predict_proba(features.reshape(-1, count)).round(6)
        shares = np.zeros((self._classes, len(found)), np.float32)
        shares[self._forest.classes_] = found.T
        return shares.reshape(self._classes, *space)
