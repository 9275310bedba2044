"""EM membranes from strokes: two painted slices teach a network the other six.

    python examples/tutorials/em_membranes.py

Its page is docs/tutorials/em-membranes.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=150)

# --8<-- [start:data]
import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

stack, truth = synthetic_em((8, options.size, options.size))
painted = [1, 6]
strokes = fs.simulate_strokes(truth, painted, share=0.03)
# --8<-- [end:data]

# --8<-- [start:train]
recipe = fs.Recipe(steps=options.steps, patch=96)
for event in fs.train(stack, strokes, recipe, axes="ZYX", classes=CLASSES):
    if isinstance(event, fs.events.Validated):
        print(f"step {event.step}: mean IoU {event.mean_iou:.2f} on held-out strokes")
    elif isinstance(event, fs.events.Trained):
        model = event.model
model.save(options.out / "membranes.zip", overwrite=True)
# --8<-- [end:train]

# --8<-- [start:segment]
labels = fs.segment(model, stack, axes="ZYX")
# --8<-- [end:segment]

# --8<-- [start:score]
others = [z for z in range(len(stack)) if z not in painted]
job = fs.evaluate(labels[others], truth[others], axes="ZYX", classes=CLASSES)
scores = job.wait().evaluation.scores
for name, value in zip(CLASSES.values(), scores.by_class["IoU"], strict=True):
    print(f"{name}: IoU {value:.2f} on slices that nobody painted")
# --8<-- [end:score]

if options.pictures:
    from napari_fcnseg.annotations.overlay import overlay

    def seen(z, ids, opacity=0.5):
        """Part of a slice, with ids in colour."""
        return overlay(stack[z, :160, :160], ids[z, :160, :160], model.classes, opacity)

    panels = [
        ("slice 1 with strokes", seen(1, strokes, 1.0)),
        ("slice 4, never painted", stack[4, :160, :160]),
        ("what the network finds", seen(4, labels)),
        ("truth", seen(4, truth)),
    ]
    draw(options.pictures, "em-membranes", panels, model.classes)
