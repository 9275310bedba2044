"""What learns all labels at once, learns them here."""

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.classical.clusters import find_clusters, name_clusters
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.nets.fitted import FittedNet
from napari_fcnseg.nets.kmeans import KMeans
from napari_fcnseg.nets.pixel_forest import PixelForest


def fit_net(
    net: FittedNet, features: NDArray[np.float32], targets: NDArray[np.integer], seed: int
) -> None:
    """Teach a classifier all labels at once; what it has learned before is forgotten.

    Parameters
    ----------
    net
        A `PixelForest`, or `KMeans`; on the CPU.
    features
        Of pixels, shape ``(n, features)``, see `FittedNet.features`.
    targets
        Their class indices, shape ``(n,)``; below 0 where unlabelled, of which clusters learn, too.
    seed
        The same seed and labels give the same classifier.
    """
    labelled = targets >= 0
    if isinstance(net, PixelForest):
        trees, nodes = net.trees.threshold.shape
        forest = PixelClassifier(net.classes, seed, trees, leaves=(nodes + 1) // 2)
        forest.fit([features], [targets])
        forest.plant(net)
    elif isinstance(net, KMeans):
        find_clusters(net, features, seed)
        name_clusters(net, features[labelled], targets[labelled])
    else:
        raise TypeError(f"nothing here teaches a {type(net).__name__}")
