"""Whether it helps to learn to fill in masked pixels before learning from strokes.

    FCNSEG_DATA=... python benchmarks/self_supervised.py --sets isbi axons --steps 260

The U-Net first restores its own training images (all pixels, no label) from ones with squares
cut out and noise added: He et al. 2022 (masked autoencoders) in the plain form of Pathak et al.
2016. Then it learns from strokes as always, from these weights. Beside it: random weights with
the same number of steps from strokes, and with the steps of both together.
"""

import argparse
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from datasets import DATASETS
from machine import machine
from recipes import changed
from scores import tally
from torch import nn
from torch.nn import functional as F

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import iou
from napari_fcnseg.images.normalise import fit_normalisation

HIDDEN, SQUARE, NOISE = 0.5, 8, 0.2  # part that is cut out, edge in pixels, standard deviation


def restored(net, images, normalisation, recipe, steps):
    """Train a network to restore patches; its head is another afterwards."""
    rng = np.random.default_rng(recipe.seed)
    head, net.head = net.head, nn.Conv2d(net.head.in_channels, 1, 1)
    adamw = torch.optim.AdamW(net.parameters(), lr=recipe.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adamw, recipe.rate, total_steps=steps)
    net.train()
    for _ in range(steps):
        patches = []
        for _ in range(recipe.batch):
            image = images[rng.integers(len(images))]
            y, x = (int(rng.integers(0, n - recipe.patch + 1)) for n in image.kept_shape)
            pixels = image.read(((y, y + recipe.patch), (x, x + recipe.patch)))
            patches.append(np.rot90(normalisation(pixels), rng.integers(4), (1, 2)))
        clear = torch.from_numpy(np.stack(patches).copy())
        cells = torch.rand(len(clear), 1, *[recipe.patch // SQUARE] * 2) < HIDDEN
        hidden = cells.repeat_interleave(SQUARE, 2).repeat_interleave(SQUARE, 3)
        shown = (clear + NOISE * torch.randn_like(clear)).masked_fill(hidden, 0.0)
        loss = F.l1_loss(net(shown), clear)
        adamw.zero_grad()
        loss.backward()
        adamw.step()
        schedule.step()
    net.head = head
    return net, float(loss.detach())


def main(options):
    """Print a table."""
    folder = Path(os.environ["FCNSEG_DATA"])
    print(f"# Self-supervised start\n\n{machine()}\n")
    print("| set | seed | share | start | steps from strokes | IoU of the classes | mean |")
    print("|---|---|---|---|---|---|---|", flush=True)
    base = changed(fs.Recipe(), options.recipe)
    for name in options.sets:
        dataset = DATASETS[name](folder)
        for seed in options.seeds:
            painted = dataset.painted(seed, options.share)
            images, strokes = (list(part) for part in zip(*painted, strict=True))
            recipe = replace(base, steps=options.steps, seed=seed, normalise_each=False)
            # All of its rates: this start is no model of the same task.
            going_on = replace(recipe, fine_rate=recipe.rate, freeze=0.0)
            classes = tuple(fs.SegClass(i, c, "#ffffff") for i, c in dataset.classes.items())
            torch.manual_seed(seed)
            net = fs.build_net(recipe.net, images[0].channels, len(classes))
            normalisation = fit_normalisation(images, recipe.normalisation)
            seen = images + [image for image, _ in dataset.test]  # a stack has no labels to spare
            net, loss = restored(net, seen, normalisation, recipe, options.steps)
            start = fs.Model(net.eval(), normalisation, classes)
            for told, how, start_from in (
                (f"restored pixels for {options.steps} steps (L1 {loss:.3f})", going_on, start),
                ("random weights", recipe, None),
                ("random weights", replace(recipe, steps=2 * options.steps), None),
            ):
                model = fs.fit(images, strokes, how, classes=dataset.classes, start=start_from)
                matrix = tally(partial(fs.segment, model), dataset.test, 1 + len(classes))
                found = iou(matrix)[1:]  # ids begin with 1
                each = ", ".join(f"{v:.3f}" for v in found)
                print(f"| {name} | {seed} | {options.share:.1%} | {told} | {how.steps} | {each} "
                      f"| {found.mean():.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=list(DATASETS), default=["isbi", "axons"])
    parser.add_argument("--steps", type=int, default=260, help="of each of the two trainings")
    parser.add_argument("--share", type=float, default=0.004, help="of the pixels painted on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--recipe", nargs="*", default=[], metavar="FIELD=VALUE")
    torch.set_num_threads(2)
    main(parser.parse_args())
