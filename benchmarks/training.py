"""What a network learns from strokes in minutes, beside a pixel classifier on the same strokes.

    FCNSEG_DATA=... python benchmarks/training.py --sets isbi --minutes 2 --seeds 0 1 2

Each network trains for the given minutes of wall time on two threads; the pixel classifier
(multi-scale features and a random forest, `benchmarks/pixel_classifier.py`) takes what time it
needs. Mean IoU over the classes, of all pixels of the test images, which nobody painted on.
`--recipe drop=0.3 average=0` changes the recipe; `--views` predicts the mean of 8 views.
Needs `pip install scikit-learn`.
"""

import argparse
import ast
import os
import time
from pathlib import Path

import numpy as np
import pixel_classifier
import torch
from datasets import DATASETS, SHARE
from machine import machine

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou


def score(predict, dataset):
    """IoU of each class over all test images."""
    count = len(dataset.classes)
    matrix = np.zeros((count, count), np.int64)
    for image, truth in dataset.test:
        matrix += confusion_matrix(truth.astype(int) - 1, predict(image).astype(int) - 1, count)
    return iou(matrix)


def network(painted, dataset, options, seed):
    """Train on painted images; return what predicts."""
    changes = dict(pair.split("=", 1) for pair in options.recipe)
    values = {name: _value(text) for name, text in changes.items()}
    recipe = fs.Recipe(**({"minutes": options.minutes, "seed": seed} | values))
    images, strokes = (list(part) for part in zip(*painted, strict=True))
    done = fs.train(images, strokes, recipe, classes=dataset.classes).wait()
    augment = "all" if options.views else "none"
    return lambda image: fs.segment(done.model, image, augment=augment), f"{done.steps} steps"


def classifier(painted, dataset, options, seed):
    """Train the rival; return what predicts."""
    forest = pixel_classifier.fit(painted, seed)
    return lambda image: pixel_classifier.predict(forest, image), "-"


def _value(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


METHODS = {"network": network, "classifier": classifier}


def main(options):
    """Print a table."""
    folder = Path(os.environ["FCNSEG_DATA"])
    print(f"# Training\n\n{machine()}\n")
    print("| set | method | labels | seed | training (s) | steps | IoU of the classes | mean |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in options.sets:
        dataset = DATASETS[name](folder)
        for seed in options.seeds:
            painted = dataset.train if options.dense else dataset.painted(seed, options.share)
            share = np.mean([(strokes > 0).mean() for _, strokes in painted])
            for method in options.methods:
                began = time.monotonic()
                predict, told = METHODS[method](painted, dataset, options, seed)
                taken = time.monotonic() - began
                found = score(predict, dataset)
                each = ", ".join(f"{v:.3f}" for v in found)
                print(f"| {name} | {method} | {share:.1%} | {seed} | {taken:.0f} | {told} "
                      f"| {each} | {found.mean():.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=list(DATASETS), default=list(DATASETS))
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--share", type=float, default=SHARE, help="of the pixels painted on")
    parser.add_argument("--dense", action="store_true", help="all labels of the same images")
    parser.add_argument("--views", action="store_true", help="predict the mean of 8 views")
    parser.add_argument("--recipe", nargs="*", default=[], metavar="FIELD=VALUE")
    torch.set_num_threads(2)
    main(parser.parse_args())
