"""Instances of a network that learned borders, against connected components alone.

    FCNSEG_DATA=... python benchmarks/objects.py --sets u373 dsb2018 --steps 400

One network learns insides and borders of all objects of the training images, with border weights
(w0 = 10, sigma = 5). Of its test predictions: components of inside and border together; of the
inside; and insides that grow over the borders (`fs.split_objects`). AP50 is the mean over images,
SEG that over all objects.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from datasets import DATASETS
from machine import machine

import napari_fcnseg as fs


def ways(labels, min_size):
    """Ids of objects, by how they are made of classes (1 inside, 2 border)."""
    both = np.isin(labels, (1, 2)).astype(np.uint8)
    yield "components of inside and border", fs.label_objects(both, min_size=min_size)
    inside = (labels == 1).astype(np.uint8)
    yield "components of the inside", fs.label_objects(inside, min_size=min_size)
    yield "insides that grow", fs.split_objects(labels, min_seed=min_size)


def main(options):
    """Print a table."""
    torch.set_num_threads(2)
    print(f"# Objects\n\n{machine()}\n")
    print("| set | steps | objects are | AP50 | AP75 | SEG | panoptic quality |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in options.sets:
        dataset = DATASETS[name](Path(os.environ["FCNSEG_DATA"]))
        recipe = fs.Recipe(steps=options.steps, border_weight=10.0, validation=0.0, seed=0)
        images = [image for image, _ in dataset.train]
        labels = [fs.Instances(ids) for ids in dataset.train_objects]
        model = fs.fit(images, labels, recipe, unpainted="background")
        found = {}
        for (image, _), truth in zip(dataset.test, dataset.objects, strict=True):
            for way, job in ways(fs.segment(model, image), options.min_size):
                pair = np.asarray(job.wait().data), np.asarray(truth)
                found.setdefault(way, []).append(pair)
        for way, pairs in found.items():
            each = [
                fs.evaluate(ids, truth, axes="YX", objects=True).wait().evaluation.scores
                for ids, truth in pairs
            ]
            whole = fs.evaluate(*map(list, zip(*pairs, strict=True)), axes="YX", objects=True)
            seg = whole.wait().evaluation.scores.seg
            means = [np.nanmean([getattr(s, n) for s in each])
                     for n in ("ap50", "ap75", "panoptic_quality")]  # fmt: skip
            numbers = f"{means[0]:.3f} | {means[1]:.3f} | {seg:.3f} | {means[2]:.3f}"
            print(f"| {name} | {options.steps} | {way} | {numbers} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets", nargs="+", choices=["u373", "dsb2018"], default=["u373", "dsb2018"]
    )
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--min-size", type=int, default=20, help="pixels of an object or a seed")
    main(parser.parse_args())
