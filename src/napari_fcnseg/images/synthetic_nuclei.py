"""A synthetic fluorescence image of nuclei that touch, for tutorials, sample and tests."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import relabel_sequential

from napari_fcnseg.images.synthetic import Field, smooth_noise

RADIUS = (8.0, 13.0)  # of a nucleus, in pixels
SPACE = 900  # pixels of the image for each nucleus
Nucleus = tuple[float, float, float]  # y, x, radius


def synthetic_nuclei(
    shape: tuple[int, int] = (320, 320), seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Make an image and its truth.

    Parameters
    ----------
    shape
        ``(Y, X)``.
    seed
        The same seed makes the same image.

    Returns
    -------
    image : ndarray
        Grey values, uint8.
    ids : ndarray
        Each nucleus has its own, from 1 on without gaps; 0 is the background; uint16.
    """
    rng = np.random.default_rng(seed)
    crowd = _crowd(shape, rng)
    nearest, ids = np.ones(shape), np.zeros(shape, np.uint16)
    for number, nucleus in enumerate(crowd, 1):
        depth = _depth(nucleus, shape, rng)
        here = depth < nearest
        nearest[here], ids[here] = depth[here], number
    brightness = np.append(0, rng.uniform(55, 130, len(crowd)))[ids]
    texture = 1 + 0.13 * smooth_noise(shape, (2, 2), rng)
    glow = ndimage.gaussian_filter((ids > 0) * 40.0, 12)  # of what is out of focus
    light = 16 + glow + ndimage.gaussian_filter(brightness * texture, 1.3)
    grey = rng.poisson(light * 2.0) / 2.0 + rng.normal(0, 2, shape)
    ids = relabel_sequential(ids)[0].astype(np.uint16)
    return np.clip(grey, 0, 255).astype(np.uint8), ids


def _crowd(shape: tuple[int, int], rng: np.random.Generator) -> list[Nucleus]:
    """Place nuclei at random; every second one touches one that is there."""
    crowd: list[Nucleus] = []
    wanted = max(1, round(shape[0] * shape[1] / SPACE))
    for attempt in range(40 * wanted):
        radius = rng.uniform(*RADIUS)
        y, x = rng.random(2) * shape
        if crowd and attempt % 2:
            beside = crowd[rng.integers(len(crowd))]
            angle, apart = rng.uniform(0, 2 * np.pi), 0.88 * (radius + beside[2])
            y, x = beside[0] + apart * np.sin(angle), beside[1] + apart * np.cos(angle)
        free = all(np.hypot(y - v, x - u) > 0.86 * (radius + r) for v, u, r in crowd)
        if free and 0 <= y < shape[0] and 0 <= x < shape[1]:
            crowd.append((y, x, radius))
        if len(crowd) == wanted:
            break
    return crowd


def _depth(nucleus: Nucleus, shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Distance from the middle of a nucleus, as part of its radius there: 1 at its outline."""
    y, x = np.indices(shape)
    dy, dx = y - nucleus[0], x - nucleus[1]
    turn, slim, phase = rng.uniform(0, np.pi), rng.uniform(1, 1.22), rng.uniform(0, 2 * np.pi)
    along = dx * np.cos(turn) + dy * np.sin(turn)
    across = dy * np.cos(turn) - dx * np.sin(turn)
    outline = nucleus[2] * (1 + 0.05 * np.sin(3 * np.arctan2(dy, dx) + phase))
    depth: Field = np.hypot(along / slim, across * slim) / outline
    return depth
