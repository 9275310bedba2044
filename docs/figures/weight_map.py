"""The weight of narrow gaps: a map of cells that nearly touch, and its profile."""

import numpy as np
from scipy import ndimage
from style import BLUE, ORANGE, show, strip

import napari_fcnseg as fs

W0, SIGMA = 10.0, 5.0  # of Ronneberger et al. 2015
TINY = {"size": 72, "cells": 6, "widest": 6}


def packed_cells(size, count, rng):
    """Grow `count` round cells towards each other; returns their ids, 0 between them."""
    middles = rng.uniform(0.08, 0.92, (count, 2)) * size
    radii = rng.uniform(0.09, 0.15, count) * size
    grid = np.stack(np.mgrid[:size, :size], -1)
    away = np.linalg.norm(grid[None] - middles[:, None, None], axis=-1) - radii[:, None, None]
    away += 2.0 * ndimage.gaussian_filter(rng.normal(0, 9, (size, size)), 5)
    first, second = np.sort(away, 0)[:2]
    inside = (first < 0) & (second - first > 2)
    return np.where(inside, away.argmin(0) + 1, 0)


def measure(size=160, cells=17, widest=24, seed=2):
    """Weigh the gaps of a crowd of cells, and those of two straight edges."""
    ids = packed_cells(size, cells, np.random.default_rng(seed))
    gaps = np.arange(1, widest + 1)
    found = []
    for gap in gaps:
        edges = np.zeros((41, 80 + gap), int)
        edges[:, :40], edges[:, -40:] = 1, 2
        found.append(fs.border_weights(edges, W0, SIGMA)[20].max())
    expected = W0 * np.exp(-((gaps + 1) ** 2) / (2 * SIGMA**2))
    weights = fs.border_weights(ids, W0, SIGMA)
    numbers = {f"gap of {gap} px": round(float(found[gap - 1]), 3) for gap in (1, 3, 6)}
    numbers["largest difference from the equation"] = float(np.abs(found - expected).max())
    numbers["cells"] = len(np.unique(ids)) - 1
    return {
        "ids": ids, "weights": weights, "gaps": gaps, "found": found, "expected": expected,
        "numbers": numbers,
    }  # fmt: skip


def draw(seen):
    """Draw cells, their weights, and the weight of a gap by its width."""
    figure, (cells, weights, profile) = strip(3, 3.3, [1, 1.18, 1.25])
    colours = np.where(seen["ids"] == 0, np.nan, seen["ids"] * 7 % 11)
    show(cells, colours, "objects, each with an id", cmap="cividis")
    cells.set_facecolor("#f3f4f6")
    shown = show(weights, seen["weights"], "weight added to the background", cmap="magma")
    figure.colorbar(shown, ax=weights, fraction=0.046, label="weight")
    profile.plot(seen["gaps"], seen["expected"], color=BLUE, label="equation")
    profile.plot(seen["gaps"], seen["found"], "o", color=ORANGE, ms=5, label="fs.border_weights")
    profile.set(title="in the middle of a gap", xlabel="width of the gap in pixels")
    profile.legend()
    return figure
