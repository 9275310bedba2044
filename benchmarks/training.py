"""What a network learns from strokes in minutes, beside a pixel classifier and MONAI's U-Net.

    FCNSEG_DATA=... python benchmarks/training.py --sets isbi --minutes 2 --seeds 0 1 2

Each network trains for the given minutes of wall time on two threads; the pixel classifier
(multi-scale features and a random forest, as in ilastik and Labkit) takes what time it needs.
`--methods monai` trains MONAI's BasicUNet in a plain loop (`benchmarks/monai_unet.py`).
All learn from the same strokes, or with `--dense` from all labels of the same images
(`--sets isbi15`: of 15 slices). With `--sets isbi_stack` a network may see the slices between those
that were painted, as a person would have opened them, too.

Mean IoU over the classes, of all pixels of the test images, which nobody painted on. Beside it,
from the same probabilities, what each set is scored by elsewhere: ISBI 2012 by V_Rand and V_Info
after thinning, at the best threshold (higher is better); nuclei and cells by AP50, mean over
images, and by SEG, mean over all objects, of the connected components of the foreground.
`--recipe drop=0.3 average=0` changes the recipe; `--views` scores each network a second time, by
the mean of 8 views.
Needs `pip install monai` where it is asked for.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from datasets import DATASETS, SHARE
from machine import machine
from recipes import changed
from scores import score

import napari_fcnseg as fs


def network(painted, dataset, options, seed):
    """Train on painted images; return what predicts, by the name of its row."""
    recipe = changed(fs.Recipe(minutes=options.minutes, seed=seed), options.recipe)
    images, strokes = dataset.as_painted(painted)
    done = fs.train(images, strokes, recipe, classes=dataset.classes).wait()
    ids = [c.id for c in done.model.classes]

    def predicts(augment):
        return lambda image: (ids, fs.segment(done.model, image, "probabilities", augment=augment))

    rows = {"network": predicts("none")}
    if options.views:
        rows["network, 8 views"] = predicts("all")
    return rows, f"{done.steps} steps"


def classifier(painted, dataset, options, seed):
    """Train the rival without a network, on all labels and with twice its usual trees."""
    recipe = fs.Recipe(
        net="pixel_classifier", net_options={"trees": 100}, validation=0.0, seed=seed
    )
    images, strokes = (list(part) for part in zip(*painted, strict=True))
    model = fs.fit(images, strokes, recipe, classes=dataset.classes)
    ids = [c.id for c in model.classes]
    return {"classifier": lambda image: (ids, fs.segment(model, image, "probabilities"))}, "-"


def monai(painted, dataset, options, seed):
    """Train MONAI's network."""
    import monai_unet

    patches, net, steps = monai_unet.fit(
        painted, dataset.classes, options.minutes, options.monai_rate, seed
    )
    return {"monai": lambda image: monai_unet.predict(patches, net, image)}, f"{steps} steps"


METHODS = {"network": network, "classifier": classifier, "monai": monai}


def main(options):
    """Print a table."""
    folder = Path(os.environ["FCNSEG_DATA"])
    if "monai" in options.methods:
        import monai_unet  # noqa: F401  its import takes seconds that are not training
    print(f"# Training\n\n{machine()}\n")
    print("| set | method | labels | seed | training (s) | steps | IoU of the classes | mean "
          "| own scores |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for name in options.sets:
        dataset = DATASETS[name](folder)
        for seed in options.seeds:
            painted = dataset.train if options.dense else dataset.painted(seed, options.share)
            share = np.mean([(strokes > 0).mean() for _, strokes in painted])
            for method in options.methods:
                began = time.monotonic()
                rows, told = METHODS[method](painted, dataset, options, seed)
                taken = time.monotonic() - began
                for row, predict in rows.items():
                    found, own = score(predict, dataset)
                    each = ", ".join(f"{v:.3f}" for v in found)
                    print(f"| {name} | {row} | {share:.1%} | {seed} | {taken:.0f} | {told} "
                          f"| {each} | {found.mean():.3f} | {own} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", choices=list(DATASETS),
                        default=["isbi_stack", "axons", "uhcs", "u373", "dsb2018"])  # fmt: skip
    parser.add_argument("--methods", nargs="+", choices=list(METHODS),
                        default=["network", "classifier"])  # fmt: skip
    parser.add_argument("--monai-rate", type=float, default=1e-3, help="of its AdamW")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--share", type=float, default=SHARE, help="of the pixels painted on")
    parser.add_argument("--dense", action="store_true", help="all labels of the same images")
    parser.add_argument("--views", action="store_true", help="predict the mean of 8 views")
    parser.add_argument("--recipe", nargs="*", default=[], metavar="FIELD=VALUE")
    torch.set_num_threads(2)
    main(parser.parse_args())
