"""A cluster with dask: workers share the tiles of a stack, and the labels are the same.

    python examples/tutorials/dask_cluster.py

Its page is docs/tutorials/dask-cluster.md.
"""

# --8<-- [start:data]
import numpy as np
import tifffile
from distributed import Client, LocalCluster
from lesson import draw, read_options

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em


def make_model(path, options):
    """Write a stack where all workers can read it, and train on two of its slices."""
    stack, truth = synthetic_em((4, options.size, options.size), seed=4)
    tifffile.imwrite(path, stack)
    strokes = fs.simulate_strokes(truth, [0, 3], share=0.03)
    recipe = fs.Recipe(steps=options.steps, patch=96)
    return fs.fit(stack, strokes, recipe, axes="ZYX", classes=CLASSES)


# --8<-- [end:data]


# --8<-- [start:share]
def segment_with(workers, model, path, out):
    """Let so many processes of this machine share the tiles."""
    local = LocalCluster(workers, threads_per_worker=1, dashboard_address=None)
    with local as cluster, Client(cluster) as client:
        fs.predict(model, path, out, axes="ZYX", scheduler=client, overwrite=True).wait()
    return fs.open_image(out).data[:]


# --8<-- [end:share]


# --8<-- [start:main]
def main(options):
    """Segment the same stack with two workers and with none, and compare."""
    path = options.out / "stack.tif"
    model = make_model(path, options)
    there = segment_with(2, model, path, options.out / "labels.ome.zarr")
    here = fs.segment(model, path, axes="ZYX")
    print(f"{np.count_nonzero(here != there)} of {here.size} labels differ")
    # --8<-- [end:main]
    if options.pictures:
        from napari_fcnseg.annotations.overlay import overlay

        grey = tifffile.imread(path)[1]
        panels = [
            ("a slice", grey),
            ("one process", overlay(grey, here[1], model.classes)),
            ("two workers", overlay(grey, there[1], model.classes)),
            ("where they differ", 255 * (here[1] != there[1])),
        ]
        draw(options.pictures, "dask-cluster", panels, model.classes)


if __name__ == "__main__":  # workers are processes that import this file
    main(read_options(__doc__, steps=60, size=192))
