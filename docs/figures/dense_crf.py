"""A dense CRF: blurred scores move to the edges of the image, if there are any."""

from dataclasses import replace

import numpy as np
import torch
from scipy import ndimage
from style import BLUE, GREY, ORANGE, show, strip_and_plot
from torch.nn import functional as F

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.nets.upsample import bilinear

NOISE = 10.0  # grey values
TINY = {"size": 64, "rounds": 2, "contrasts": (5, 60)}


def blobs(size, rng):
    """Draw round objects with smooth outlines; true where one is."""
    return ndimage.gaussian_filter(rng.normal(0, 1, (size, size)), size / 26) * size / 12 > 0.55


def coarse_logits(truth, cell=8, strength=4.0):
    """Scores as of a network whose outputs are `cell` pixels apart: the truth, averaged."""
    share = F.avg_pool2d(torch.from_numpy(truth).float()[None, None], cell)
    inside = (2 * bilinear(share, cell)[0, 0] - 1) * strength
    return torch.stack([-inside, inside])


def photograph(truth, contrast, rng):
    """An image of the objects, so much brighter than the background, with noise."""
    grey = 90 + contrast * ndimage.gaussian_filter(truth.astype(float), 0.7)
    return (grey + rng.normal(0, NOISE, truth.shape)).clip(0, 255).astype(np.uint8)


def score(shares, truth):
    """IoU of the objects."""
    counts = confusion_matrix(truth.astype(int), shares.argmax(0).numpy(), 2)
    return float(iou(counts)[1])


def kernel(crf, image, at):
    """What a pixel hears from those around it by their looks, before sums are divided out."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    far = (y - at[0]) ** 2 + (x - at[1]) ** 2
    differs = (image.astype(float) - float(image[at])) ** 2
    alike = np.exp(-far / (2 * crf.reach**2) - differs / (2 * crf.contrast**2))
    return np.where(far <= crf.radius**2, alike, 0)


def measure(size=160, rounds=10, contrasts=(2, 5, 10, 15, 20, 30, 40, 60, 80), seed=6):
    """Refine the scores of one set of objects in images of several contrasts."""
    rng = np.random.default_rng(seed)
    truth = blobs(size, rng)
    logits = coarse_logits(truth)
    images = {c: photograph(truth, c, np.random.default_rng(seed)) for c in contrasts}
    crf = replace(fs.Crf(iterations=rounds), contrast=2 * NOISE)
    refined = {c: crf.refine(logits, torch.from_numpy(i)[None]) for c, i in images.items()}
    best = max(contrasts)
    clear = torch.from_numpy(images[best])[None]
    after = {c: score(shares, truth) for c, shares in refined.items()}
    before = score(logits, truth)
    steps = {
        n: score(replace(crf, iterations=n).refine(logits, clear), truth)
        for n in range(1, rounds + 1)
    }
    edges = np.argwhere(truth & ~ndimage.binary_erosion(truth, iterations=3))
    middle = np.abs(edges - size / 2).sum(1).argmin()
    at = tuple(edges[middle])
    numbers = {
        "before": round(before, 3),
        "after": {str(c): round(v, 3) for c, v in after.items()},
        "rounds": {str(n): round(v, 3) for n, v in steps.items()},
        "noise": NOISE,
        "defaults": {f: getattr(crf, f) for f in ("appearance", "reach", "smoothness", "blur")},
    }
    return {
        "image": images[best], "truth": truth, "before": logits.softmax(0)[1].numpy(),
        "after": refined[best][1].numpy(), "kernel": kernel(crf, images[best], at), "at": at,
        "scores": after, "score": before, "numbers": numbers,
    }  # fmt: skip


def draw(seen):
    """Draw image, kernel, scores before and after, and what it brings by contrast."""
    figure, row, axes = strip_and_plot(4, 5.4, (1, 1))
    numbers, best = seen["numbers"], max(seen["scores"])
    show(row[0], seen["image"], "image,\nand a pixel at an edge")
    show(row[1], seen["kernel"], "whom it listens to:\nnear and alike", cmap="magma")
    (y, x), far = seen["at"], 24
    row[1].set(xlim=(x - far, x + far), ylim=(y + far, y - far))
    for panel in row[:2]:
        panel.plot(*seen["at"][::-1], "o", mfc="none", mec=ORANGE, ms=7, mew=1.8)
    for panel, key, value in (
        (row[2], "before", numbers["before"]),
        (row[3], "after", numbers["after"][str(best)]),
    ):
        title = f"{key} the CRF,\nIoU {value:.2f}"
        show(panel, seen[key], title, cmap="viridis", vmin=0, vmax=1)
        panel.contour(seen["truth"], [0.5], colors="white", linewidths=0.8)
    contrasts = [c / NOISE for c in seen["scores"]]
    axes.axhline(seen["score"], color=GREY, linestyle="--", label="before")
    axes.plot(contrasts, list(seen["scores"].values()), "o-", color=BLUE, label="after")
    axes.set(
        title="it needs an edge in the image",
        xlabel="contrast of the objects, in standard deviations of the noise",
        ylabel="IoU of the objects",
    )
    axes.legend(loc="lower right")
    return figure
