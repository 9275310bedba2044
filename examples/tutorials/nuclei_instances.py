"""Nuclei as instances: a network that learns insides and borders tells nuclei apart that touch.

    python examples/tutorials/nuclei_instances.py

Its page is docs/tutorials/nuclei-instances.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=150)

# --8<-- [start:data]
import napari_fcnseg as fs
from napari_fcnseg.images.synthetic_nuclei import synthetic_nuclei

image, ids = synthetic_nuclei((options.size, options.size), seed=1)
fresh, truth = synthetic_nuclei((options.size, options.size), seed=2)
# --8<-- [end:data]

# --8<-- [start:train]
recipe = fs.Recipe(steps=options.steps, patch=96, border_weight=5.0)
model = fs.fit(image, fs.Instances(ids), recipe, axes="YX", unpainted="background")
model.save(options.out / "nuclei.zip", overwrite=True)
# --8<-- [end:train]

# --8<-- [start:split]
probabilities = fs.segment(model, fresh, "probabilities", axes="YX")
known = tuple(c.id for c in model.classes)
objects = fs.split_objects(probabilities, axes="CYX", channels=known, min_seed=10).wait().data
# --8<-- [end:split]

# --8<-- [start:score]
classes = fs.segment(model, fresh, axes="YX")
connected = fs.label_objects((classes > 0).astype("uint8"), axes="YX").wait().data
for name, found in (("connected pieces", connected), ("split at borders", objects)):
    scores = fs.evaluate(found, truth, axes="YX", objects=True).wait().evaluation.scores
    print(f"{name}: {scores.found} of {scores.truth} nuclei, AP50 {scores.ap50:.2f}")
# --8<-- [end:score]

# --8<-- [start:measure]
table = fs.measure_objects(objects, fresh, axes="YX").wait().table
table.to_csv(options.out / "nuclei.csv", overwrite=True)
# --8<-- [end:measure]

if options.pictures:
    import numpy as np

    from napari_fcnseg.annotations.overlay import overlay, to_grey

    part = slice(0, 200), slice(0, 200)
    grey = to_grey(fresh)[part]
    colours = np.random.default_rng(0).integers(70, 256, (objects.max() + 1, 3)).astype(np.uint8)
    colours[0] = 0
    # A true nucleus has the colour of the object that covers most of it, or white.
    partners = [np.bincount(objects[truth == n]).argmax() for n in range(truth.max() + 1)]
    true_colours = np.where(np.array(partners)[:, None] > 0, colours[partners], 255)
    true_colours[0] = 0
    panels = [
        ("an image nobody labelled", grey),
        ("insides and borders", overlay(grey, classes[part], model.classes, 0.6)),
        ("objects", colours[objects[part]]),
        ("truth", true_colours[truth[part]]),
    ]
    draw(options.pictures, "nuclei-instances", panels, model.classes)
