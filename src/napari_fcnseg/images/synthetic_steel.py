"""A synthetic micrograph of etched steel with dense truth, for tutorials, sample and tests.

Ferrite is made of smooth grains with thin dark borders, pearlite of colonies of lamellae. Both are
as bright on the average: no threshold tells them apart, only texture does.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_fcnseg.images.synthetic import Field, smooth_noise

PHASES = {1: "ferrite", 2: "pearlite", 3: "inclusion"}
GRAIN = 52.0  # diameter of a typical grain, in pixels
PITCH = (5.0, 7.5)  # of the lamellae, in pixels
GREY = 140.0  # mean of ferrite and of pearlite


def synthetic_steel(
    shape: tuple[int, int] = (384, 384), seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make a micrograph and its truth.

    Parameters
    ----------
    shape
        ``(Y, X)``.
    seed
        The same seed makes the same micrograph.

    Returns
    -------
    image : ndarray
        Grey values, uint8.
    truth : ndarray
        Ids of `PHASES`, uint8.
    """
    rng = np.random.default_rng(seed)
    grain, border = _grains(shape, rng)
    count = int(grain.max()) + 1
    pearlite = (rng.random(count) < 0.45)[grain]
    inclusion = _inclusions(shape, rng)
    truth = np.where(inclusion, 3, np.where(pearlite, 2, 1)).astype(np.uint8)

    angle = rng.uniform(0, np.pi, count)[grain]
    pitch = rng.uniform(*PITCH, count)[grain]
    y, x = np.indices(shape)
    across = y * np.sin(angle) + x * np.cos(angle) + 2.5 * smooth_noise(shape, (9, 9), rng)
    lamellae = 44 * np.tanh(1.6 * np.sin(2 * np.pi * across / pitch))
    smooth = rng.normal(0, 9, count)[grain] - 55 * np.exp(-((border / 1.3) ** 2))
    grey = GREY + np.where(pearlite, lamellae, smooth)
    grey = np.where(inclusion, 62 + 6 * smooth_noise(shape, (2, 2), rng), grey)
    grey = ndimage.gaussian_filter(grey, 0.8) + 5 * smooth_noise(shape, (80, 80), rng)
    grey += ndimage.gaussian_filter(rng.normal(0, 1, shape), 0.5) * 16
    return np.clip(grey, 0, 255).astype(np.uint8), truth


def _grains(shape: tuple[int, int], rng: np.random.Generator) -> tuple[NDArray[np.intp], Field]:
    """Grain number of each pixel and its distance in pixels to the nearest other grain."""
    extent = np.array(shape) + 2 * GRAIN
    seeds = rng.random((max(4, int(1.3 * extent.prod() / GRAIN**2)), 2)) * extent - GRAIN
    points = np.moveaxis(np.indices(shape), 0, -1).astype(float)
    points += 4 * np.stack([smooth_noise(shape, (12, 12), rng) for _ in range(2)], -1)
    away, near = (np.asarray(found) for found in cKDTree(seeds).query(points, k=2))
    apart = np.linalg.norm(seeds[near[..., 0]] - seeds[near[..., 1]], axis=-1)
    return near[..., 0], (away[..., 1] ** 2 - away[..., 0] ** 2) / (2 * apart)


def _inclusions(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Where the dark inclusions are, drawn out along X by the rolling of the sheet."""
    inside = np.zeros(shape, bool)
    y, x = np.indices(shape)
    for _ in range(max(1, round(inside.size / 4000))):
        at = rng.random(2) * shape
        wide, long = rng.uniform(3, 6), rng.uniform(7, 17)
        inside |= np.hypot((y - at[0]) / wide, (x - at[1]) / long) < 1
    return inside
