"""A sliding window, shift and stitch, and the dense network: one answer at three prices."""

import numpy as np
import torch
from style import BLUE, GREEN, ORANGE, mark, show, strip
from torch.utils.flop_counter import FlopCounterMode

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.nets.atrous import convolutionalize, shift_and_stitch, to_atrous, total_stride
from napari_fcnseg.nets.ciresan import WINDOW, patch_classifier

TINY = {"size": 100, "steps": 1, "width": 2, "step": 2}
MEMBRANE = 0  # of the classes, in the order of their ids


def classifier_of(net, width):
    """The published classifier of one window, with the weights of the dense network."""
    classifier = patch_classifier(1, net.classes, width)
    own = classifier.state_dict()
    pairs = zip(own.items(), net.state_dict().values(), strict=True)
    classifier.load_state_dict({k: v.reshape(mine.shape) for (k, mine), v in pairs})
    return classifier.eval()


def cost(net, size):
    """Multiply-adds of a run on a square image."""
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(1, 1, size, size))
    return counter.get_total_flops() / 2


def costs(edge=512):
    """Multiply-adds for each pixel of the published network, in three ways."""
    with torch.device("meta"):  # counted without numbers
        classifier = patch_classifier()
        strided, inputs = convolutionalize(classifier, (1, WINDOW, WINDOW)), edge + WINDOW - 1
        shifts = total_stride(strided) ** 2
        return {
            "each window by itself": cost(classifier, WINDOW),
            f"{shifts} shifts, stitched": shifts * cost(strided, inputs) / edge**2,
            "dense, à trous": cost(to_atrous(strided), inputs) / edge**2,
        }


@torch.inference_mode()
def answers(net, width, x, step):
    """Probability of membrane: dense, stitched, and of every `step`-th window by itself."""
    classifier = classifier_of(net, width)
    strided = convolutionalize(classifier, (1, WINDOW, WINDOW)).double()
    windows = x.unfold(2, WINDOW, 1).unfold(3, WINDOW, 1)[0, 0, ::step, ::step]
    each = windows.reshape(-1, 1, WINDOW, WINDOW).split(64)
    asked = torch.cat([classifier.double()(some).softmax(1)[:, MEMBRANE] for some in each])
    whole = net.double()(x), shift_and_stitch(strided, x)
    dense, stitched = (logits[0].softmax(0)[MEMBRANE].numpy() for logits in whole)
    return dense, stitched, asked.view(windows.shape[:2]).numpy()


def measure(size=244, steps=160, width=8, step=6, seed=1):
    """Train the dense network for a moment; ask it in three ways about a slice it never saw."""
    image, truth = synthetic_em((3, 320, 320), seed)
    recipe = fs.Recipe(
        net="ciresan_n4", net_options={"width": width}, steps=steps, patch=48, batch=4,
        pseudo=0, validation=0, seed=seed,
    )  # fmt: skip
    names = [fs.SegClass(i, name, "#000000") for i, name in CLASSES.items()]
    model = fs.fit(image[:2], truth[:2], recipe, axes="ZYX", classes=names, device="cpu")
    pixels = image[2, :size, :size]
    x = torch.from_numpy(model.own_normalisation(pixels[None]))[None].double()
    dense, stitched, asked = answers(model.net.eval(), width, x, step)
    prices = costs()
    numbers = {
        "windows asked": asked.size,
        "windows - dense": float(np.abs(asked - dense[::step, ::step]).max()),
        "stitched - dense": float(np.abs(stitched - dense).max()),
        "multiply-adds per pixel": {name: round(price) for name, price in prices.items()},
    }
    return {"pixels": pixels, "dense": dense, "asked": asked, "costs": prices, "numbers": numbers}


def draw(seen):
    """Draw image, both predictions, and the price of each way."""
    figure, (image, windows, dense, price) = strip(4, 2.9, [1, 1, 1, 1.25])
    half, size = WINDOW // 2, len(seen["pixels"])
    show(image, seen["pixels"], "image,\nand one window")
    mark(image, (half + 8, half + 8), WINDOW)
    image.plot(half + 8, half + 8, "o", color=ORANGE, ms=4)
    frame = (-0.5, size - 0.5, size - 0.5, -0.5)
    ends = (half, size - half, size - half, half)
    for axes, found, title in (
        (windows, seen["asked"], f"{seen['asked'].size} windows,\none by one"),
        (dense, seen["dense"], "all windows,\nthe dense network"),
    ):
        show(axes, np.ones((1, 1, 3)) * 0.95, title, extent=frame)
        axes.imshow(found, cmap="viridis", vmin=0, vmax=1, extent=ends)
        axes.set(xlim=frame[:2], ylim=frame[2:])
    names, costs = list(seen["costs"]), [c / 1e6 for c in seen["costs"].values()]
    price.barh(names[::-1], costs[::-1], color=[GREEN, BLUE, ORANGE], height=0.55)
    for y, value in enumerate(costs[::-1]):
        beside = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        price.annotate(f"{value:.3g} M", (value, y), **beside)
    price.set(xscale="log", xlabel="million multiply-adds a pixel", title="N4 on 512 x 512")
    price.set_xlim(0.1, max(costs) * 12)
    price.tick_params(left=False)
    return figure
