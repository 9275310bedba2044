"""Phases in steel: ferrite, pearlite and inclusions by their texture, and how much of each.

    python examples/tutorials/steel_phases.py

Its page is docs/tutorials/steel-phases.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=150)

# --8<-- [start:data]
import napari_fcnseg as fs
from napari_fcnseg.images.synthetic_steel import PHASES, synthetic_steel

image, truth = synthetic_steel((options.size, options.size))
strokes = fs.simulate_strokes(truth[None], [0], share=0.04)[0]
# --8<-- [end:data]

# --8<-- [start:train]
recipe = fs.Recipe(steps=options.steps, patch=96, rotate="any")
model = fs.fit(image, strokes, recipe, axes="YX", classes=PHASES)
model.save(options.out / "steel.zip", overwrite=True)
# --8<-- [end:train]

# --8<-- [start:segment]
fresh, fresh_truth = synthetic_steel((options.size, options.size), seed=1)
labels = fs.segment(model, fresh, axes="YX")
# --8<-- [end:segment]

# --8<-- [start:measure]
micrometres = {"scale": (0.2, 0.2), "units": ("micrometer", "micrometer")}
table = fs.measure_classes(fs.Image(labels, "YX", **micrometres), classes=PHASES).wait().table
table.to_csv(options.out / "phases.csv", overwrite=True)
# --8<-- [end:measure]

# --8<-- [start:score]
scores = fs.evaluate(labels, fresh_truth, axes="YX", classes=PHASES).wait().evaluation.scores
for (i, name), value in zip(PHASES.items(), scores.by_class["IoU"], strict=True):
    found, true = (labels == i).mean(), (fresh_truth == i).mean()
    print(f"{name}: {found:.1%} of the area, in truth {true:.1%}; IoU {value:.2f}")
# --8<-- [end:score]

if options.pictures:
    from napari_fcnseg.annotations.overlay import overlay

    part = slice(0, 200), slice(0, 200)

    def seen(grey, ids, opacity=0.5):
        """Part of a micrograph, with ids in colour."""
        return overlay(grey[part], ids[part], model.classes, opacity)

    panels = [
        ("strokes", seen(image, strokes, 1.0)),
        ("another micrograph", fresh[part]),
        ("what the network finds", seen(fresh, labels)),
        ("truth", seen(fresh, fresh_truth)),
    ]
    draw(options.pictures, "steel-phases", panels, model.classes)
