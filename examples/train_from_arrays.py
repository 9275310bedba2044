"""Train a network on arrays and look at its scores while it learns; then segment the whole stack.

    python examples/train_from_arrays.py --steps 200 --out model.zip

Stack and truth are made by the program; of your own you would have stack and strokes.
"""

import argparse
from pathlib import Path

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--size", type=int, default=256, help="edge of the slices in pixels")
parser.add_argument("--out", type=Path, default=Path("model.zip"))
options = parser.parse_args()

# An EM stack and its truth; in your own script both strokes and image are arrays or files.
stack, truth = synthetic_em((8, options.size, options.size))
strokes = fs.simulate_strokes(truth, planes=[1, 6], share=0.03)  # 0 where nobody painted

recipe = fs.Recipe(steps=options.steps, patch=96)
for event in fs.train(stack, strokes, recipe, axes="ZYX", classes=CLASSES):
    if isinstance(event, fs.events.Validated):  # on strokes that were held out
        print(f"step {event.step}: mean IoU {event.mean_iou:.2f}")
    elif isinstance(event, fs.events.Trained):
        model = event.model
model.save(options.out, overwrite=True)

labels = fs.segment(model, stack, axes="ZYX")  # class ids, as large as the stack
scores = fs.evaluate(labels, truth, axes="ZYX", classes=CLASSES).wait().evaluation.scores
print(f"against the truth: mean IoU {scores.mean_iou:.2f}; {options.out} is saved")
