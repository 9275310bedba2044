"""Mean IoU of every family after a short, fixed budget, on real images.

    FCNSEG_DATA=... python benchmarks/families.py --steps 150

Axons: SEM of spinal cord, three classes; four images train, two test, one of them of an animal
that is in no other. Networks that see stacks: ISBI 2012, two classes; slices 0 to 13 train, 14
to 19 test. All labels are dense and all networks start from random weights. Chance is the best
constant answer. Networks that answer for 8 x 8 to 32 x 32 pixels at a time, with nothing finer
to add, see the axons enlarged: at their own size an axon and its myelin fall into one square of
FCN-32s (perfect answers that coarse, interpolated, reach 0.29), and DeepLab v3 on MobileNet
stays at chance.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from machine import machine

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou

BATCH = 4
LARGE = 96  # side of a patch of enlarged images, before they are
BN = {"backbone": "vgg16_bn", "width": 16}
SLIM = {"backbone": "resnet18"}
# Network, options that make it small enough for a CPU, the peak learning rate, and how much larger
# it sees the images, where that is not 1.
AXONS = [
    ("unet", {"width": 16, "depth": 4}, 1e-3),
    ("unet_light", {}, 3e-3),
    ("ciresan_n4", {"width": 16}, 1e-3),
    ("fcn16s", BN, 1e-3),
    ("fcn8s", BN, 1e-3),
    ("resnet18_8s", {"width": 32}, 1e-3),
    ("fcn_resnet50", {}, 1e-3),
    ("segnet", {"width": 16}, 3e-3),
    ("segnet_basic", {"width": 16}, 3e-3),
    ("deconvnet", {"width": 16}, 3e-3),
    ("fcdensenet56", {"width": 6}, 3e-3),
    ("dilatednet", BN | {"width": 8}, 1e-3, 3),
    ("context", {}, 3e-3),
    ("deeplabv1_largefov", BN, 1e-3, 3),
    ("deeplabv1_msc", BN, 1e-3),
    ("deeplabv2", SLIM | {"width": 32}, 1e-3),
    ("deeplabv3_mobilenet_v3_large", {}, 1e-3, 4),
    ("lraspp_mobilenet_v3_large", {}, 3e-3),
    ("refinenet", SLIM | {"width": 16}, 3e-4),
    ("fcn32s", BN, 1e-3, 4),
]
ISBI = [("unet_light", {}, 3e-3), ("unet25d", {}, 3e-3), ("unet3d_light", {}, 3e-3)]


def axons(folder):
    paths = sorted((folder / "axons" / "images").glob("*.tif"))
    labels = [fs.open_image(p.parents[1] / "labels" / p.name).read({})[0] for p in paths]
    pairs = list(zip(map(fs.open_image, paths), labels, strict=True))
    tests = [i for i, p in enumerate(paths) if "data11" in p.name or "data12" in p.name]
    train = [pair for i, pair in enumerate(pairs) if i not in tests]
    return train, [pairs[i] for i in tests], {0: "background", 1: "myelin", 2: "axon"}


def enlarged(pairs, factor):
    """Every pixel `factor` x `factor` times, so that nothing is added to what the images hold."""
    block = np.ones((factor, factor), np.uint8)
    return [(fs.Image(np.kron(i.read({})[0], block), "YX"), np.kron(t, block)) for i, t in pairs]


def isbi(folder):
    stack = fs.open_image(folder / "isbi2012" / "train-volume.tif", axes="ZYX").read({})[0]
    labels = fs.open_image(folder / "isbi2012" / "train-labels.tif", axes="ZYX").read({})[0]
    image = [fs.Image(part, "ZYX") for part in (stack[:14], stack[14:])]
    return [(image[0], labels[:14])], [(image[1], labels[14:])], {0: "membrane", 255: "cell"}


def score(predicted, truth, values):
    """Mean IoU; `predicted` holds class ids, `truth` label values, in the order of `values`."""
    return iou(confusion_matrix(truth, predicted, len(values))).mean()


def run(name, options, rate, train, test, names, steps, patch):
    recipe = fs.Recipe(
        net=name,
        net_options=options,
        steps=steps,
        rate=rate,
        patch=patch,
        batch=BATCH,
        validation=0,
    )
    images, labels = zip(*train, strict=True)
    model = fs.fit(list(images), list(labels), recipe, classes=names)
    ids = {c.name: i for i, c in enumerate(model.classes)}
    order = [ids[n] for n in names.values()]
    found = []
    for image, truth in test:
        winners = fs.segment(model, image)
        indices = np.zeros(256, int)
        indices[[c.id for c in model.classes]] = np.arange(len(model.classes))
        values = np.full(256, -1)
        values[list(names)] = order
        found.append(score(indices[winners], values[truth], order))
    return model, float(np.mean(found))


def table(title, nets, data, steps, patch):
    train, test, names = data
    truth = np.concatenate([t.ravel() for _, t in test])
    shares = np.bincount(truth, minlength=256)[list(names)] / truth.size
    chance = shares.max() / len(names)
    print(f"\n## {title}\n\nChance: {chance:.3f}\n")
    print("| network | options | parameters | mean IoU |")
    print("|---|---|---|---|", flush=True)
    for name, options, rate, *larger in nets:
        factor = larger[0] if larger else 1
        seen = [enlarged(pairs, factor) for pairs in (train, test)] if larger else (train, test)
        model, mean = run(
            name, options, rate, *seen, names, steps, factor * LARGE if larger else patch
        )
        told = ", ".join(f"{k} {v}" for k, v in options.items()) or "-"
        told += f"; images {factor} x" if larger else ""
        warn = "" if mean > chance + 0.02 else " (at chance)"
        print(
            f"| {name} | {told} | {model.net.parameter_count:,} | {mean:.3f}{warn} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--patch", type=int, default=128)
    parser.add_argument("--nets", nargs="*", help="only these")
    options = parser.parse_args()
    torch.set_num_threads(max(1, os.cpu_count() or 1))
    folder = Path(os.environ["FCNSEG_DATA"])
    wanted = [
        [n for n in nets if not options.nets or n[0] in options.nets] for nets in (AXONS, ISBI)
    ]
    print(f"# Families after {options.steps} steps of {BATCH} patches each\n\n{machine()}")
    if wanted[0]:
        table("Axons", wanted[0], axons(folder), options.steps, options.patch)
    if wanted[1]:
        table("ISBI 2012", wanted[1], isbi(folder), options.steps, options.patch)
