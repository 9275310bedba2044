"""Train on layers of a napari viewer, segment a folder of files, and look at the labels in it.

    python examples/batch_from_napari_script.py --show

Without `--show` no window is opened, and the same is done.
"""

import argparse
from pathlib import Path

import napari
import tifffile

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--folder", type=Path, default=Path("batch"))
parser.add_argument("--show", action="store_true", help="open the window at the end")
options = parser.parse_args()

stack, truth = synthetic_em((4, 160, 160))
for z, plane in enumerate(stack):  # the files to segment
    (options.folder / "images").mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(options.folder / "images" / f"section-{z}.tif", plane)

viewer = napari.Viewer() if options.show else napari.components.ViewerModel()
image = viewer.add_image(stack, name="sections")
painted = viewer.add_labels(fs.simulate_strokes(truth, [0, 3], share=0.05), name="strokes")

recipe = fs.Recipe(steps=options.steps, patch=96)
model = fs.fit(image.data, painted.data, recipe, axes="ZYX", classes=CLASSES)
job = fs.segment_files(model, options.folder / "images", options.folder / "labels", axes="YX")
for row in job.wait().rows:  # one that fails stops no other
    print(row.path.name, "->", getattr(row, "error", row.out))
    viewer.add_labels(fs.open_image(row.out).data[:], name=row.out.name)
if options.show:
    napari.run()
