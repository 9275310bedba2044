"""A synthetic serial-section EM stack with dense truth, for demo, sample and tests.

Neurites are a Voronoi diagram in 3D with curved borders, so that membranes cut at a slant
look as wide and faint as they do in a section. Mitochondria have a double membrane and
cristae, some neurites hold vesicles; each section has its own brightness, and noise.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal
from scipy.spatial import cKDTree

CLASSES = {1: "membrane", 2: "cytoplasm", 3: "mitochondrion"}
SECTION = 7.0  # thickness of a section in pixels: stacks are coarser along Z
DIAMETER = 66.0  # of a typical neurite, in pixels
MEMBRANE = 2.2  # half the thickness of the border between two neurites
Field = NDArray[np.float64]


def synthetic_em(
    shape: tuple[int, int, int] = (24, 384, 384), seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make a stack and its truth.

    Parameters
    ----------
    shape
        ``(Z, Y, X)``.
    seed
        The same seed makes the same stack.

    Returns
    -------
    image : ndarray
        Grey values, uint8.
    truth : ndarray
        Class ids of `CLASSES`, uint8.
    """
    rng = np.random.default_rng(seed)
    cell, border = _neurites(shape, rng)
    mito, rim, along = _mitochondria(cell, border, rng)
    truth = np.where(border < MEMBRANE, 1, 2).astype(np.uint8)
    truth[mito] = 3

    tint = rng.normal(0, 9, cell.max() + 1)[cell]
    grey = 168 + tint + 9 * smooth_noise(shape, (0.5, 2, 2), rng)
    grey -= 55 * _vesicles(cell, border, rng)
    cristae = np.sin(along * 1.1 + 2.2 * smooth_noise(shape, (1, 5, 5), rng))
    grey = np.where(mito, 118 + 20 * cristae + 0.3 * tint, grey)
    grey -= 62 * np.exp(-((rim / 1.5) ** 2))
    grey -= 95 * np.exp(-((border / (0.8 * MEMBRANE)) ** 2))
    return _expose(grey, rng), truth


def _neurites(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[NDArray[np.intp], Field]:
    """Cell number of each pixel and its distance in pixels to the nearest other cell."""
    half = (shape[0], -(-shape[1] // 2), -(-shape[2] // 2))
    extent = np.array([shape[0] * SECTION, shape[1], shape[2]]) + 2 * DIAMETER
    crowd = max(4, int(1.6 * extent.prod() / DIAMETER**3))
    seeds = rng.random((crowd, 3)) * extent - DIAMETER
    # Crowds of thin processes between large ones: some seeds get close neighbours.
    twins = seeds[rng.random(crowd) < 0.3]
    seeds = np.concatenate([seeds, twins + rng.normal(0, DIAMETER / 3.5, twins.shape)])
    grid = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in half), indexing="ij"), -1)
    points = grid * (SECTION, 2, 2)
    for reach, strength in ((16, 11), (5, 3)):
        sigma = (2 * reach / SECTION, reach, reach)
        points += strength * np.stack([smooth_noise(half, sigma, rng) for _ in range(3)], -1)
    pair: NDArray[np.intp] = np.asarray(cKDTree(seeds).query(points, k=2, workers=-1)[1])
    # The two nearest seeds are found on a coarse grid; which of them is nearer, and how far
    # the plane between them is, is computed for every pixel.
    points = _doubled(_doubled(points, 1), 2)[:, : shape[1], : shape[2]]
    near = pair.repeat(2, 1).repeat(2, 2)[:, : shape[1], : shape[2]]
    first, second = near[..., 0], near[..., 1]
    to_first, to_second = (((points - seeds[n]) ** 2).sum(-1) for n in (first, second))
    apart = np.linalg.norm(seeds[first] - seeds[second], axis=-1)
    nearest = np.where(to_first < to_second, first, second)
    return nearest, np.abs(to_second - to_first) / (2 * apart)


def _doubled(field: Field, axis: int) -> Field:
    """Twice as many points along an axis, the new ones half-way between two old ones."""
    ahead = np.concatenate(np.split(field, [1], axis)[1:] + np.split(field, [-1], axis)[1:], axis)
    both: Field = np.stack([field, (field + ahead) / 2], axis + 1)
    return both.reshape(*field.shape[:axis], -1, *field.shape[axis + 1 :])


def _mitochondria(
    cell: NDArray[np.intp], border: Field, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Field, Field]:
    """Where mitochondria are, distance to their outline, and position along their axis."""
    inside = np.zeros(cell.shape, bool)
    rim, along = np.full(cell.shape, 99.0), np.zeros(cell.shape)
    roomy = np.argwhere(border > 11)
    wanted = max(1, round(cell.size * SECTION / DIAMETER**3 * 1.1))
    if not len(roomy):
        return inside, rim, along
    for z, y, x in roomy[rng.permutation(len(roomy))[:wanted]]:
        long, wide = rng.uniform(18, 40), rng.uniform(8, 13)
        reach = int(long) + 4
        box = tuple(
            slice(max(0, c - r), c + r + 1)
            for c, r in ((z, int(reach / SECTION) + 1), (y, reach), (x, reach))
        )
        offset = np.meshgrid(
            *(np.arange(s.start, min(s.stop, n)) for s, n in zip(box, cell.shape, strict=True)),
            indexing="ij",
        )
        dz, dy, dx = (offset[0] - z) * SECTION, offset[1] - y, offset[2] - x
        axis = rng.normal(size=3) * (0.5, 1, 1)
        axis /= np.linalg.norm(axis)
        position = dz * axis[0] + dy * axis[1] + dx * axis[2]
        beside = np.sqrt(np.maximum(dz**2 + dy**2 + dx**2 - position**2, 0))
        radius = np.hypot(position / long, beside / wide)
        depth = np.minimum((1 - radius) * wide, border[box] - MEMBRANE - 1.5)
        here = (depth > 0) & (cell[box] == cell[z, y, x])
        depth = np.where(cell[box] == cell[z, y, x], depth, -99)
        rim[box] = np.minimum(rim[box], np.abs(depth - 1))
        along[box][here] = position[here]
        inside[box] |= here
    return inside, rim, along


def _vesicles(cell: NDArray[np.intp], border: Field, rng: np.random.Generator) -> Field:
    """Small rings in some of the cells."""
    busy = rng.random(cell.max() + 1) < 0.3
    chance = np.where(busy[cell] & (border > 5), 0.007, 0.0006) * (border > 4)
    dots = (rng.random(cell.shape) < chance).astype(float)
    radius = np.hypot(*np.mgrid[-5:6, -5:6])
    ring = np.exp(-((radius - 2.8) ** 2)) - 0.35 * np.exp(-(radius**2) / 3)
    return np.clip(signal.oaconvolve(dots, ring[None], mode="same", axes=(1, 2)), -0.5, 1.3)


def _expose(grey: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur, shade, add the noise of the detector and the brightness of each section."""
    grey = ndimage.gaussian_filter(grey, (0, 0.8, 0.8))
    shade = 7 * smooth_noise((1, *grey.shape[1:]), (0, 90, 90), rng)
    section = rng.normal(0, 4, (len(grey), 1, 1))
    grain = ndimage.gaussian_filter(rng.normal(0, 1, grey.shape), (0, 0.6, 0.6)) * 15
    shot = 5 * rng.normal(0, 1, grey.shape) * np.sqrt(np.clip(grey, 20, None) / 128)
    exposed: NDArray[np.uint8] = np.clip(grey + shade + section + grain + shot, 0, 255).astype(
        np.uint8
    )
    return exposed


def smooth_noise(
    shape: tuple[int, ...], sigma: tuple[float, ...], rng: np.random.Generator
) -> Field:
    """Gaussian noise smoothed to `sigma` pixels, with a mean of 0 and a standard deviation of 1."""
    noise = ndimage.gaussian_filter(rng.normal(0, 1, shape), sigma, mode="wrap")
    noise -= noise.mean()
    smooth: Field = noise / max(float(noise.std()), 1e-9)
    return smooth
