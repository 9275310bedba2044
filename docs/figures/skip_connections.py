"""What coarse maps can still say: a truth kept as blocks of pixels, and made large again."""

import numpy as np
import torch
from style import LINES, show, strip_and_plot

from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.nets.upsample import bilinear

TINY = {"slices": 1, "size": 64}
STRIDES = 1, 2, 4, 8, 16, 32
SHOWN = 32, 16, 8


def through(truth, stride):
    """Keep the share of each class in blocks of `stride` pixels; up-sample it, the largest wins."""
    ids = torch.as_tensor(truth.astype(np.int64)) - 1
    shares = torch.nn.functional.one_hot(ids, len(CLASSES)).movedim(-1, 1).float()
    if stride > 1:
        shares = bilinear(torch.nn.functional.avg_pool2d(shares, stride), stride)
    return shares.argmax(1).numpy()


def measure(slices=4, size=384):
    """Send a truth through each stride, and score what comes back."""
    _, truth = synthetic_em((slices, size, size))
    back = {stride: through(truth, stride) for stride in STRIDES}
    scores = {
        stride: iou(confusion_matrix(truth.astype(int) - 1, labels, len(CLASSES)))
        for stride, labels in back.items()
    }
    numbers = {
        name: {stride: round(float(found[place]), 3) for stride, found in scores.items()}
        for place, name in enumerate(CLASSES.values())
    }
    return {"truth": truth[0] - 1, "back": {s: b[0] for s, b in back.items()}, "numbers": numbers}


def draw(seen):
    """Draw the truth, what is left of it at three strides, and the scores below."""
    figure, row, axes = strip_and_plot(1 + len(SHOWN), 5.4, (1, 0.9))
    part = slice(0, 192), slice(0, 192)
    look = {"cmap": "gray", "vmin": 0, "vmax": len(CLASSES) - 1}
    show(row[0], seen["truth"][part], "truth, each pixel", **look)
    for panel, stride in zip(row[1:], SHOWN, strict=True):
        show(panel, seen["back"][stride][part], f"one value in {stride} x {stride}", **look)
    for (name, found), colour in zip(seen["numbers"].items(), LINES, strict=False):
        axes.plot(list(map(str, found)), list(found.values()), "o-", color=colour, label=name)
    axes.set(
        title="IoU of what comes back from values so far apart",
        xlabel="distance of the values in pixels",
        ylabel="IoU",
        ylim=(0, 1.05),
    )
    axes.legend(loc="lower left")
    return figure
