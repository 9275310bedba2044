"""Fine-tuning for a new specimen: a model goes on from what it knows, and keeps it.

    python examples/tutorials/fine_tuning.py

Its page is docs/tutorials/fine-tuning.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=180)

# --8<-- [start:data]
import numpy as np

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

shape = (4, options.size, options.size)
old, old_truth = synthetic_em(shape, seed=1)
clear, new_truth = synthetic_em(shape, seed=2)
grain = np.random.default_rng(0).normal(0, 24, shape)
new = np.clip(60 + clear / 2 + grain, 0, 255).astype("uint8")  # a shorter exposure
# --8<-- [end:data]

# --8<-- [start:first]
how = {"axes": "ZYX", "classes": CLASSES}
old_strokes = fs.simulate_strokes(old_truth, [0, 3], share=0.03)
recipe = fs.Recipe(steps=options.steps, patch=96, normalise_each=True)
before = fs.fit(old, old_strokes, recipe, **how)
# --8<-- [end:first]

# --8<-- [start:tune]
new_strokes = fs.simulate_strokes(new_truth, [0], share=0.03)
less = fs.Recipe(steps=max(1, options.steps // 3), patch=96, normalise_each=True)
after = fs.fit(new, new_strokes, less, start=before, replay=[(old, old_strokes)], **how)
after.save(options.out / "both.zip", overwrite=True)
# --8<-- [end:tune]

# --8<-- [start:fresh]
fresh = fs.fit(new, new_strokes, less, **how)
# --8<-- [end:fresh]

# --8<-- [start:score]
found = {}
for name, model in (("before", before), ("after", after), ("fresh start", fresh)):
    for specimen, image, truth in (("old", old, old_truth), ("new", new, new_truth)):
        found[name, specimen] = labels = fs.segment(model, image, axes="ZYX")
        scores = fs.evaluate(labels, truth, **how).wait().evaluation.scores
        print(f"{name}: mean IoU {scores.mean_iou:.2f} of the {specimen} specimen")
# --8<-- [end:score]

if options.pictures:
    from napari_fcnseg.annotations.overlay import overlay, to_grey

    part = 2, slice(0, 160), slice(0, 160)
    grey = to_grey(new[part])
    panels = [
        ("old specimen", old[part]),
        ("new specimen", new[part]),
        ("new, before", overlay(grey, found["before", "new"][part], after.classes)),
        ("new, after", overlay(grey, found["after", "new"][part], after.classes)),
        ("truth", overlay(grey, new_truth[part], after.classes)),
    ]
    draw(options.pictures, "fine-tuning", panels, after.classes)
