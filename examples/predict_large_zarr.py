"""Segment an OME-Zarr that need not fit into memory: ask for the price, be cut off, go on.

    python examples/predict_large_zarr.py --size 1024 --memory 1GB

Larger sizes take no more memory: the stack is written and read in parts.
"""

import argparse
from pathlib import Path

import zarr

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--size", type=int, default=512, help="edge of the slices in pixels")
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--memory", default="500MB", help="what network and tiles may take")
parser.add_argument("--out", type=Path, default=Path("large"))
options = parser.parse_args()

path, labels = options.out / "stack.zarr", options.out / "labels.ome.zarr"
shape = (8, options.size, options.size)
stack = zarr.create_array(path, shape=shape, chunks=(1, 128, 128), dtype="u1", overwrite=True)
for z in range(0, shape[0], 4):  # written in parts, as by a microscope
    stack[z : z + 4], truth = synthetic_em((4, *shape[1:]), seed=z)
strokes = fs.simulate_strokes(truth, [0, 3], share=0.02)
recipe = fs.Recipe(steps=options.steps, patch=96)
model = fs.fit(stack[4:], strokes, recipe, axes="ZYX", classes=CLASSES)

price = fs.estimate(model, path, axes="ZYX", memory=options.memory)  # from one tile, measured
print(f"{price.tiles} tiles, {price.seconds:.0f} s, {price.memory / 1e6:.0f} MB")
job = fs.predict(model, path, labels, axes="ZYX", memory=options.memory, overwrite=True)
for event in job:
    if isinstance(event, fs.events.TileDone) and event.done == 3:
        job.close()  # as if somebody had pulled the plug: finished tiles stay
fs.predict(model, path, labels, axes="ZYX", memory=options.memory, resume=True).wait()
print(fs.verify(labels).wait().checked, "tiles are whole in", labels)
