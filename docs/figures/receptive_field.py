"""A network cannot fill what it cannot see across: rings of many sizes, two depths."""

import numpy as np
import torch
from style import BLUE, ORANGE, SKY, mark, show, strip_and_plot

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou

DEPTHS = 3, 4
SIZES = 16, 28, 40, 52, 64, 76, 88, 100, 112, 124
SHOWN = 88
NAMES = (fs.SegClass(1, "outside", "#0072b2"), fs.SegClass(2, "inside", "#e69f00"))
TINY = {"steps": 2, "images": 2, "tests": 1, "sizes": (16, 40), "edge": 96}


def ring(diameter, edge, rng):
    """A disk of which only the outline can be seen; returns image and truth."""
    room = diameter / 2 + 6
    middle = rng.uniform(room, edge - room, 2) if edge > 2 * room else np.full(2, edge / 2)
    y, x = np.mgrid[:edge, :edge]
    away = np.hypot(y - middle[0], x - middle[1]) - diameter / 2
    grey = 150 - 80 * np.exp(-((away / 1.5) ** 2)) + rng.normal(0, 12, (edge, edge))
    return grey.clip(0, 255).astype(np.uint8), np.where(away < 0, 2, 1).astype(np.uint8)


def many(diameters, edge, rng):
    """Stacks of images and truths, one ring in each."""
    images, truths = zip(*(ring(d, edge, rng) for d in diameters), strict=True)
    return np.stack(images), np.stack(truths)


def effective(net, edge, draws=8):
    """Mean absolute gradient of the middle's logits by each pixel, for noise."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(draws, 1, edge, edge, generator=generator, requires_grad=True)
    logits = net.eval()(x)[..., edge // 2, edge // 2]
    (logits[:, 1] - logits[:, 0]).sum().backward()
    return x.grad.abs().mean((0, 1)).numpy()


def half_width(seen):
    """Edge of the square around the middle that holds 95 % of the gradient."""
    middle, total = len(seen) // 2, seen.sum()
    for reach in range(1, middle):
        window = slice(middle - reach, middle + reach + 1)
        if seen[window, window].sum() > 0.95 * total:
            return 2 * reach + 1
    return len(seen)


def measure(steps=350, images=60, tests=4, sizes=SIZES, edge=144, seed=0):
    """Train U-Nets of two depths on the same rings; score each size of ring by itself."""
    rng = np.random.default_rng(seed)
    painted = many(rng.uniform(min(sizes), max(sizes), images), edge, rng)
    unseen = {d: many([d] * tests, edge, rng) for d in sizes}
    fields, scores, reach, shown = {}, {}, {}, {}
    for depth in DEPTHS:
        options = {"depth": depth, "width": 8, "padding": "same", "norm": "batch"}
        recipe = fs.Recipe(
            net="unet", net_options=options, steps=steps, patch=edge, batch=4, pseudo=0,
            validation=0, elastic=0, rotate="none", rate=1e-2, seed=seed,
        )  # fmt: skip
        model = fs.fit(*painted, recipe, axes="ZYX", classes=NAMES, device="cpu")
        fields[depth] = fs.describe(model.net, costs=False)["receptive_field"]
        reach[depth] = effective(model.net, 129)
        scores[depth] = {}
        for d, (image, truth) in unseen.items():
            found = fs.segment(model, image, axes="ZYX", device="cpu")
            shown[depth, d] = image[0], truth[0], found[0]
            counts = confusion_matrix(truth.astype(int) - 1, found.astype(int) - 1, 2)
            scores[depth][d] = float(iou(counts)[1])
    seed_net = fs.build_net("unet", 3, 2, depth=3, width=8)
    numbers = {
        "field": {str(depth): field for depth, field in fields.items()},
        "95 % of the gradient": {str(d): half_width(g) for d, g in reach.items()},
        "IoU": {str(n): {str(d): round(v, 3) for d, v in s.items()} for n, s in scores.items()},
        "lecture network": {
            "field": fs.describe(seed_net, costs=False)["receptive_field"],
            "weights": seed_net.parameter_count,
        },
    }
    return {
        "fields": fields, "scores": scores, "reach": reach, "shown": shown, "numbers": numbers,
    }  # fmt: skip


def draw(seen):
    """Draw the gradients, one ring, and the score by size."""
    figure, row, axes = strip_and_plot(5, 5.6, (1, 1.25))
    for panel, depth in zip(row, DEPTHS, strict=False):
        least, most = seen["fields"][depth]
        width = f"{most}" if least == most else f"{least} to {most}"
        bright = seen["reach"][depth] ** 0.4
        show(panel, bright, f"depth {depth}: gradients,\nfield {width} px", cmap="magma")
        mark(panel, (len(bright) // 2,) * 2, most, edgecolor=SKY)
    size = max(d for d in seen["scores"][DEPTHS[0]] if d <= SHOWN)
    image, truth, _ = seen["shown"][DEPTHS[0], size]
    show(row[2], image, f"a ring of {size} px\nand its truth")
    row[2].contour(truth, [1.5], colors=ORANGE, linewidths=1.5, linestyles="--")
    for panel, depth in zip(row[3:], DEPTHS, strict=True):
        found = seen["shown"][depth, size][2]
        show(panel, found, f"depth {depth} finds\nthis inside", cmap="cividis", vmin=1, vmax=2)
    for depth, colour in zip(DEPTHS, (BLUE, ORANGE), strict=True):
        scores = seen["scores"][depth]
        axes.plot(list(scores), list(scores.values()), "o-", color=colour, label=f"depth {depth}")
        least, most = seen["fields"][depth]
        axes.axvspan(least - 0.3, most + 0.3, color=colour, alpha=0.25, linewidth=0)
        axes.annotate(
            f"sees {most} px", (most, 0.02), (3, 0), textcoords="offset points", color=colour
        )
    axes.set(
        title="how much of a ring's inside is found",
        xlabel="diameter of the ring in pixels",
        ylabel="IoU of inside",
        ylim=(0, 1.02),
    )
    axes.legend(loc="lower left")
    return figure
