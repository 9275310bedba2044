"""A stack larger than memory: written, segmented, cut off and gone on with, part by part.

    python examples/tutorials/large_stack.py

Its page is docs/tutorials/large-stack.md.
"""

from lesson import draw, read_options

options = read_options(__doc__, steps=100, size=512)

# --8<-- [start:data]
import zarr

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em

path, out = options.out / "stack.zarr", options.out / "labels.ome.zarr"
shape = (8, options.size, options.size)
stack = zarr.create_array(path, shape=shape, chunks=(1, 128, 128), dtype="u1", overwrite=True)
for z in range(0, shape[0], 4):  # four slices at a time
    stack[z : z + 4], truth = synthetic_em((4, *shape[1:]), seed=z)
# --8<-- [end:data]

# --8<-- [start:train]
part = slice(0, 192)
strokes = fs.simulate_strokes(truth[:, part, part], [0, 3], share=0.03)
recipe = fs.Recipe(steps=options.steps, patch=96)
model = fs.fit(stack[4:, part, part], strokes, recipe, axes="ZYX", classes=CLASSES)
# --8<-- [end:train]

# --8<-- [start:price]
price = fs.estimate(model, path, axes="ZYX", tile=256)
print(f"{price.tiles} tiles, {price.seconds:.0f} s, {price.memory / 1e6:.0f} MB of memory")
# --8<-- [end:price]

# --8<-- [start:cut]
job = fs.predict(model, path, out, axes="ZYX", tile=256, overwrite=True)
for event in job:
    if isinstance(event, fs.events.PredictionStarted):
        growing = event.data[0]
    elif isinstance(event, fs.events.TileDone) and event.done == event.tiles // 12 + 1:
        job.close()  # as if the plug was pulled
# --8<-- [end:cut]
halfway = growing[0]

# --8<-- [start:resume]
fs.predict(model, path, out, axes="ZYX", tile=256, resume=True).wait()
checked = fs.verify(out).wait()
print(f"{checked.checked} of {checked.tiles} tiles are whole, {len(checked.damaged)} damaged")
# --8<-- [end:resume]

if options.pictures:
    from napari_fcnseg.annotations.overlay import overlay

    few = slice(None, None, 2), slice(None, None, 2)  # every second pixel is enough to look at
    grey, whole = stack[0][few], fs.open_image(out).data[0][few]
    panels = [
        ("first slice", grey),
        ("when the plug was pulled", overlay(grey, halfway[few], model.classes)),
        ("in the end", overlay(grey, whole, model.classes)),
    ]
    draw(options.pictures, "large-stack", panels, model.classes)
