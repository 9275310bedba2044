"""What a model of one data set is worth for another, and what it forgets of its own.

    FCNSEG_DATA=... python benchmarks/fine_tune.py --pairs dsb2018:u373 isbi:axons --steps 200

For each pair of sets: a model of the first from its strokes; the second from its strokes, from
random weights in `--steps` steps, and from that model in 0.45 times as many, with and without
replay of the first, and with it in as many. Mean IoU on the test images of both sets. Sets whose
classes differ keep their own: the second's are added to the model as new ones. `--recipe
fine_rate=1e-3 freeze=0` changes the recipe; `normalise_each=True` is for different microscopes.
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

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import iou

LESS = 0.45  # of the steps of a fresh start
SAME = {"cell": "object", "nucleus": "object"}  # what both sets may call their own


def load(folder, names, seed):
    """Both sets with ids that do not contradict each other; images, strokes, truth, names."""
    ids, found = {}, []
    for name in names:
        dataset = DATASETS[name](folder)
        own = {i: SAME.get(c, c) if len(dataset.classes) == 2 else c
               for i, c in dataset.classes.items()}  # fmt: skip
        table = np.zeros(256, np.uint8)
        for i, c in own.items():
            table[i] = ids.setdefault(c, len(ids) + 1)
        painted = [(image, table[strokes]) for image, strokes in dataset.painted(seed)]
        tests = [(image, table[truth]) for image, truth in dataset.test]
        found.append((painted, tests, {int(table[i]): c for i, c in own.items()}))
    return found


def score(model, tests):
    """Mean IoU over the classes of a set."""
    largest = max(*(c.id for c in model.classes), *(int(truth.max()) for _, truth in tests))
    matrix = tally(partial(fs.segment, model), tests, 1 + largest)
    present = matrix.sum(1) > 0
    return iou(matrix)[present].mean()


def fit(painted, recipe, classes, **options):
    """Train on painted images."""
    images, strokes = (list(part) for part in zip(*painted, strict=True))
    return fs.fit(images, strokes, recipe, classes=classes, **options)


def main(options):
    """Print a table."""
    folder = Path(os.environ["FCNSEG_DATA"])
    print(f"# Fine-tuning\n\n{machine()}\n")
    print("| pair | seed | training of the second set | steps | its IoU | IoU of the first |")
    print("|---|---|---|---|---|---|", flush=True)
    recipe = changed(fs.Recipe(), options.recipe)
    for pair in options.pairs:
        for seed in options.seeds:
            (old, old_tests, old_names), (new, new_tests, names) = load(
                folder, pair.split(":"), seed
            )

            def row(told, steps, model, tests=new_tests, before=old_tests, at=(pair, seed)):
                first = f"{score(model, before):.3f}" if before else "-"
                second = f"{score(model, tests):.3f}" if tests else "-"
                print(f"| {at[0]} | {at[1]} | {told} | {steps} | {second} | {first} |", flush=True)

            long = replace(recipe, steps=options.first, seed=seed)
            start = fit(old, long, old_names)
            known = set(names) <= set(old_names)
            row("none", 0, start, tests=new_tests if known else None)
            fresh = replace(long, steps=options.steps)
            row("from random weights", fresh.steps, fit(new, fresh, names), before=None)
            less = replace(long, steps=round(LESS * options.steps))
            row("random weights, too", less.steps, fit(new, less, names), before=None)
            for again in (less, fresh):
                row("from the model, with replay", again.steps,
                    fit(new, again, names, start=start, replay=old))  # fmt: skip
            row("from the model, without", less.steps, fit(new, less, names, start=start))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", nargs="+", default=["dsb2018:u373", "isbi:axons"])
    parser.add_argument("--first", type=int, default=260, help="steps of the first model")
    parser.add_argument("--steps", type=int, default=200, help="steps from random weights")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--recipe", nargs="*", default=[], metavar="FIELD=VALUE")
    torch.set_num_threads(2)
    main(parser.parse_args())
