"""Let a network and methods without one learn the same strokes, and score all on the truth.

    python examples/compare_methods.py --methods unet_light pixel_classifier random_walk

`fcnseg nets` and `fcnseg classical --help` list what can be compared.
"""

import argparse
from pathlib import Path

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic_steel import PHASES, synthetic_steel

USUAL = ["unet_light", "pixel_classifier", "kmeans", "random_walk"]
parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--methods", nargs="+", default=USUAL, metavar="NAME")
parser.add_argument("--steps", type=int, default=200, help="of the networks")
parser.add_argument("--size", type=int, default=256)
parser.add_argument("--out", type=Path, help="folder that keeps the labels of each method")
options = parser.parse_args()

image, truth = synthetic_steel((options.size, options.size))
strokes = fs.simulate_strokes(truth[None], [0], share=0.03)[0]

done = fs.compare(
    image,
    strokes,
    options.methods,
    truth=truth,  # without it, some of the strokes are held out and scored
    recipe=fs.Recipe(steps=options.steps, patch=96),
    classes=PHASES,
    out=options.out,
    overwrite=True,
).wait()
for row in sorted(done.rows, key=lambda row: -row.scores.mean_iou):
    each = zip(PHASES.values(), row.scores.by_class["IoU"], strict=True)
    print(f"{row.method:18} mean IoU {row.scores.mean_iou:.2f},", end=" ")
    print(", ".join(f"{name} {value:.2f}" for name, value in each), f"({row.learning:.0f} s)")
