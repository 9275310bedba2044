"""Random forests, grown by scikit-learn."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.nets.pixel_forest import PixelForest

MOST = 200_000  # labelled pixels that it learns from, drawn at random: dense labels have millions
LEAF = 2  # labelled pixels in a leaf, at least


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
    leaves
        Of a tree at most; by default as many as there are.
    """

    def __init__(
        self, classes: int, seed: int = 0, trees: int = 100, leaf: int = LEAF,
        leaves: int | None = None,
    ) -> None:  # fmt: skip
        from sklearn.ensemble import RandomForestClassifier  # a second that few need

        self._classes, self._rng = classes, np.random.default_rng(seed)
        self._forest = RandomForestClassifier(
            trees, min_samples_leaf=leaf, max_leaf_nodes=leaves, n_jobs=-1, random_state=seed
        )

    def fit(
        self, features: Sequence[NDArray[np.float32]], targets: Sequence[NDArray[np.integer]]
    ) -> None:
        """Learn from labelled pixels.

        Parameters
        ----------
        features
            Of each image, shape ``(*space, features)``, see `PixelFeatures`.
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

    @torch.no_grad()
    def plant(self, net: PixelForest) -> None:
        """Put the trees into a network of as many, with room for their leaves."""
        trees, known = net.trees, self._forest.classes_.tolist()
        for number, grown in enumerate(self._forest.estimators_):
            tree = grown.tree_
            inner = np.flatnonzero(tree.children_left >= 0)
            # A float32 is not above the threshold if it is not above the float32 below that.
            exact = tree.threshold[inner]
            threshold = exact.astype(np.float32)
            over = threshold > exact
            threshold[over] = np.nextafter(threshold[over], np.float32(-np.inf))
            at = torch.from_numpy(inner)
            trees.threshold[number, at] = torch.from_numpy(threshold)
            for name, values in (
                ("feature", tree.feature),
                ("left", tree.children_left),
                ("right", tree.children_right),
            ):
                table = getattr(trees, name)[number]
                table[at] = torch.from_numpy(values[inner]).to(table.dtype)
            counts = tree.value[:, 0]
            shares = torch.zeros(tree.node_count, self._classes)
            shares[:, known] = torch.from_numpy(counts / counts.sum(1, keepdims=True)).float()
            trees.shares[number, : tree.node_count] = shares
            trees.depth[number] = tree.max_depth
