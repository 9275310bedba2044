"""Teach a model a second specimen with a few strokes, without forgetting the first.

    python examples/finetune.py --steps 200

The old specimen is replayed while the network learns the new one.
"""

import argparse
from pathlib import Path

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=200, help="of the first model")
parser.add_argument("--out", type=Path, default=Path("both.zip"))
options = parser.parse_args()


def score(model: fs.Model, image, truth) -> float:
    """Mean IoU of a specimen."""
    found = fs.segment(model, image, axes="ZYX")
    return fs.evaluate(found, truth, axes="ZYX", classes=CLASSES).wait().evaluation.scores.mean_iou


old, old_truth = synthetic_em((4, 192, 192), seed=1)
new, new_truth = synthetic_em((4, 192, 192), seed=2)
new = 255 - new  # another microscope: what was dark is bright
how = {"axes": "ZYX", "classes": CLASSES}
old_strokes = fs.simulate_strokes(old_truth, [0, 3], share=0.03)
first = fs.fit(old, old_strokes, fs.Recipe(steps=options.steps, patch=96), **how)

new_strokes = fs.simulate_strokes(new_truth, [0], share=0.03)
recipe = fs.Recipe(steps=max(1, options.steps // 2), patch=96)
both = fs.fit(new, new_strokes, recipe, start=first, replay=[(old, old_strokes)], **how)
both.save(options.out, overwrite=True)
for name, model in (("before", first), ("after", both)):
    marks = score(model, old, old_truth), score(model, new, new_truth)
    print("{}: mean IoU {:.2f} of the old specimen, {:.2f} of the new".format(name, *marks))
