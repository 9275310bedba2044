"""What a dense CRF adds to a coarse network, and what it costs.

    FCNSEG_DATA=... python benchmarks/crf.py --sets dsb2018 u373 axons --steps 300

DeepLab v1 with a large field of view, slim (`width=16`, so that it trains on a processor), learns
all labels of the training images of a set; on the others its probabilities are refined, and scored
before and after. Its outputs are 8 pixels apart. Numbers of the CRF are chosen on three training
images. `--net fcn32s` takes another network.
"""

import argparse
import itertools
import os
import time
from pathlib import Path

import numpy as np
import torch
from datasets import DATASETS
from machine import machine

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import confusion_matrix, iou

GRID = {"appearance": (2.0, 5.0), "reach": (6.0, 12.0), "contrast": (8.0, 20.0)}


def refined(crf, shares, image):
    """Class indices after the CRF."""
    logits = torch.from_numpy(np.log(np.maximum(shares, 1e-6)))
    return crf.refine(logits, torch.from_numpy(image.astype(np.float32))).argmax(0).numpy()


def main(options):
    """Print tables."""
    torch.set_num_threads(2)
    print(f"# A dense CRF\n\n{machine()}\n")
    image, logits = torch.rand(1, 512, 512) * 255, torch.randn(4, 512, 512)
    times = []
    for _ in range(5):
        began = time.monotonic()
        fs.Crf(contrast=10.0).refine(logits, image)
        times.append(time.monotonic() - began)
    print(f"512 x 512 pixels, 4 classes, default numbers: {np.median(times):.2f} s "
          f"(median of 5)\n")  # fmt: skip
    print("| set | network | steps | CRF | IoU of the classes | mean |\n|---|---|---|---|---|---|")
    for name in options.sets:
        dataset = DATASETS[name](Path(os.environ["FCNSEG_DATA"]))
        recipe = fs.Recipe(
            net=options.net, net_options={"width": 16, "backbone": "vgg16_bn"}, patch=160,
            steps=options.steps, rate=1e-3, validation=0.0, seed=0,
        )  # fmt: skip
        images, truths = (list(part) for part in zip(*dataset.train, strict=True))
        model = fs.fit(images, truths, recipe, classes=dataset.classes)
        count = len(dataset.classes)

        def predicted(pairs, model=model):
            for pixels, truth in pairs:
                shares = fs.segment(model, pixels, "probabilities")
                yield shares, pixels.read({}), truth.astype(int) - 1

        def score(found, crf=None, count=count):
            matrix = np.zeros((count, count), np.int64)
            for shares, pixels, truth in found:
                labels = refined(crf, shares, pixels) if crf else shares.argmax(0)
                matrix += confusion_matrix(truth, labels, count)
            return iou(matrix)

        seen, unseen = list(predicted(dataset.train[:3])), list(predicted(dataset.test))
        grid = [
            fs.Crf(**dict(zip(GRID, v, strict=True))) for v in itertools.product(*GRID.values())
        ]
        best = max(grid, key=lambda crf: score(seen, crf).mean())
        told = f"{best.appearance:g}, {best.reach:g} px, {best.contrast:g}"
        for label, crf in (("-", None), (told, best)):
            each = score(unseen, crf)
            values = ", ".join(f"{v:.3f}" for v in each)
            row = [name, options.net, options.steps, label, values, f"{each.mean():.3f}"]
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=list(DATASETS),
                        default=["dsb2018", "u373", "axons"])  # fmt: skip
    parser.add_argument("--net", default="deeplabv1_largefov")
    parser.add_argument("--steps", type=int, default=300)
    main(parser.parse_args())
