"""Areas of axons and myelin, and g-ratios, of a prediction and of the truth side by side.

    FCNSEG_DATA=... python benchmarks/axons.py --steps 1000 --reports /tmp/axons

A network learns all labels of four images (or with `--share 0.018` strokes on them); on the two
others, one of them of an animal that is in no other, classes and axons are measured as
`fcnseg measure` does: in what was found, and in the truth. Axons that touch the edge of the image
have no g-ratio, and those below 100 pixels are left out. `--reports` writes what
`fcnseg evaluate --html` does.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import torch
from datasets import DATASETS
from machine import machine

import napari_fcnseg as fs

SMALLEST = 100  # pixels of an axon that counts


def measured(labels):
    """Parts of the area in percent, and the g-ratios of whole axons."""
    classes = fs.measure_classes(labels, axes="YX").wait().table
    shares = {int(row["id"]): 100 * row["fraction"] for row in classes.to_dict()}
    axons = fs.measure_g_ratios(labels, axon=3, myelin=2, axes="YX").wait().table
    whole = [
        row
        for row in axons.to_dict()
        if not row["cut"] and row["axon area (px²)"] >= SMALLEST and row["g-ratio"] is not None
    ]
    return shares, len(whole), np.array([row["g-ratio"] for row in whole])


def main(options):
    """Print a table."""
    torch.set_num_threads(2)
    print(f"# Axons, measured\n\n{machine()}\n")
    dataset = DATASETS["axons"](Path(os.environ["FCNSEG_DATA"]))
    painted = dataset.painted(0, options.share) if options.share else dataset.train
    images, labels = (list(part) for part in zip(*painted, strict=True))
    recipe = fs.Recipe(steps=options.steps, validation=0.0)
    model = fs.fit(images, labels, recipe, classes=dataset.classes)
    print("| image | of | myelin (%) | axons (%) | axons | median g-ratio (quartiles) | mean IoU |")
    print("|---|---|---|---|---|---|---|")
    for image, truth in dataset.test:
        found = fs.segment(model, image)
        scored = fs.evaluate(found, truth, axes="YX", classes=dataset.classes).wait().evaluation
        for of, ids in (("prediction", found), ("truth", truth)):
            shares, count, ratios = measured(ids)
            low, middle, high = np.percentile(ratios, (25, 50, 75))
            iou = f"{scored.scores.mean_iou:.3f}" if of == "prediction" else ""
            print(f"| {image.name} | {of} | {shares[2]:.1f} | {shares[3]:.1f} | {count} "
                  f"| {middle:.3f} ({low:.3f} to {high:.3f}) | {iou} |", flush=True)  # fmt: skip
        if options.reports:
            options.reports.mkdir(parents=True, exist_ok=True)
            fs.write_report(scored, options.reports / f"{image.name}.html", [image], True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.0, help="of the pixels painted; 0: all")
    parser.add_argument("--reports", type=Path, help="folder for reports")
    main(parser.parse_args())
