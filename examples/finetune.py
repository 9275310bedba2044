"""Teach a model a second specimen with a few strokes, without forgetting the first.

    python examples/finetune.py --steps 200

The old specimen is replayed while the network learns the new one.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=200, help="of the first model")
parser.add_argument("--out", type=Path, default=Path("both.zip"))
options = parser.parse_args()
recipe = fs.Recipe(steps=options.steps, patch=96, normalise_each=True)
how = {"axes": "ZYX", "classes": CLASSES}

old, old_truth = synthetic_em((4, 192, 192), seed=1)
clear, new_truth = synthetic_em((4, 192, 192), seed=2)
grain = np.random.default_rng(0).normal(0, 24, clear.shape)
new = np.clip(60 + clear / 2 + grain, 0, 255).astype("uint8")  # a shorter exposure

old_strokes = fs.simulate_strokes(old_truth, [0, 3], share=0.03)
first = fs.fit(old, old_strokes, recipe, **how)
new_strokes = fs.simulate_strokes(new_truth, [0], share=0.03)
less = replace(recipe, steps=max(1, options.steps // 2))
both = fs.fit(new, new_strokes, less, start=first, replay=[(old, old_strokes)], **how)
both.save(options.out, overwrite=True)
for name, model in (("before", first), ("after", both)):
    for specimen, image, truth in (("old", old, old_truth), ("new", new, new_truth)):
        job = fs.evaluate(fs.segment(model, image, axes="ZYX"), truth, **how)
        print(f"{name}: mean IoU {job.wait().evaluation.scores.mean_iou:.2f} of the {specimen} one")
