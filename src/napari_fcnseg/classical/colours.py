"""Clusters of colours without any label: a first look at an image."""

from typing import Any

import numpy as np
import torch

from napari_fcnseg.annotations.classes import MAX_ID, default_class
from napari_fcnseg.classical.clusters import find_clusters
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.images.normalise import fit_normalisation, sample_pixels
from napari_fcnseg.images.open import open_image
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.kmeans import KMeans
from napari_fcnseg.nets.registry import build_net

EDGE = 64  # pixels of the sample that a model carries


def cluster_colours(
    image: Any, clusters: int = 3, *, axes: str | None = None, seed: int = 0
) -> Model:
    """Find clusters of grey values or colours (k-means, Lloyd 1982) in pixels of an image.

    Parameters
    ----------
    image
        Anything that `open_image` takes.
    clusters
        How many, 2 to 255; each is a class, the darkest the first.
    axes
        Of the image, where it does not say itself.
    seed
        The same seed gives the same clusters.

    Returns
    -------
    Model
        For `segment` and `predict`, on this image and on others.

    Raises
    ------
    ImageError
        If the image cannot be opened, or all its pixels have one value.
    RecipeError
        For an impossible number of clusters.
    """
    if not 2 <= clusters <= MAX_ID:
        raise RecipeError(f"clusters = {clusters}: give a number from 2 to {MAX_ID}")
    opened = open_image(image, axes=axes)
    normalisation = fit_normalisation([opened])
    net = build_net("kmeans", opened.channels, clusters, clusters=clusters)
    assert isinstance(net, KMeans)
    pixels = sample_pixels(opened)
    find_clusters(net, np.ascontiguousarray(normalisation(pixels).T), seed)
    with torch.no_grad():
        net.nearest.shares.copy_(torch.eye(clusters))
    corner = [(0, 1)] * (len(opened.kept) - 2) + [(0, EDGE)] * 2
    sample = opened.read(tuple(corner)).reshape(opened.channels, EDGE, EDGE).astype(np.float32)
    return Model(
        net.eval(),
        normalisation,
        tuple(default_class(i + 1, f"cluster {i + 1}") for i in range(clusters)),
        name=f"{clusters} clusters of {opened.name}",
        sample=np.nan_to_num(sample),
    )
