"""Clusters of colours, found by scikit-learn."""

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.nets.kmeans import KMeans

MOST = 100_000  # pixels from which clusters are found, drawn at random
TRIES = 4  # from other centres; the best is kept


@torch.no_grad()
def find_clusters(net: KMeans, colours: NDArray[np.float32], seed: int = 0) -> None:
    """Find the centres of a network in pixels, the darkest first.

    Parameters
    ----------
    net
        Has as many centres as are wanted; where there are fewer colours the last is there again.
    colours
        Normalised pixels, shape ``(n, channels)``.
    seed
        Chooses pixels and first centres.
    """
    from sklearn.cluster import KMeans as Clusters  # a second that few need

    rng = np.random.default_rng(seed)
    colours = colours[rng.permutation(len(colours))[:MOST]]
    centres = net.nearest.centres
    count = min(len(centres), len(np.unique(colours, axis=0)))
    found = Clusters(count, n_init=TRIES, random_state=seed).fit(colours).cluster_centers_
    order = np.argsort(found.sum(1), kind="stable")
    last = torch.arange(len(centres)).clamp(max=count - 1)
    centres.copy_(torch.from_numpy(found[order].astype(np.float32))[last])


@torch.no_grad()
def name_clusters(net: KMeans, colours: NDArray[np.float32], targets: NDArray[np.integer]) -> None:
    """Give each cluster the shares of the classes among the labels in it.

    One without labels has those of the nearest centre that has some.

    Parameters
    ----------
    net
        With its centres.
    colours
        Of labelled pixels, ``(n, channels)``.
    targets
        Their class indices, ``(n,)``. Classes count the same, however many labels they have.
    """
    nearest = net.nearest
    x = torch.from_numpy(np.ascontiguousarray(colours.T))[None, :, :, None]
    counts = np.zeros(nearest.shares.shape)
    own = nearest.number(x).flatten().numpy()
    np.add.at(counts, (own, targets), 1 / np.bincount(targets)[targets])
    totals = counts.sum(1)
    away = torch.cdist(nearest.centres, nearest.centres[torch.from_numpy(totals > 0)])
    source = np.flatnonzero(totals)[away.argmin(1).numpy()]
    nearest.shares.copy_(torch.from_numpy(counts[source] / totals[source, None]))
