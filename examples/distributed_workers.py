"""Segment a stack on the workers of a dask cluster; the labels are those of one process.

    python examples/distributed_workers.py --out cluster

Here they are processes of this machine.
"""

import argparse
from pathlib import Path

import tifffile
from distributed import Client, LocalCluster

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em


def main(options: argparse.Namespace) -> None:
    """Train here, segment there, compare."""
    path, labels = options.out / "stack.tif", options.out / "labels.ome.zarr"
    options.out.mkdir(exist_ok=True)
    stack, truth = synthetic_em((4, 256, 256))
    tifffile.imwrite(path, stack)  # where all workers can read it
    strokes = fs.simulate_strokes(truth, [0, 3], share=0.03)
    recipe = fs.Recipe(steps=options.steps, patch=96)
    model = fs.fit(stack, strokes, recipe, axes="ZYX", classes=CLASSES)
    # On a real cluster: Client("tcp://10.0.0.5:8786"), the address that its scheduler prints.
    local = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with local as cluster, Client(cluster) as client:
        fs.predict(model, path, labels, axes="ZYX", scheduler=client, overwrite=True).wait()
    same = (fs.open_image(labels).data[:] == fs.segment(model, path, axes="ZYX")).all()
    print(f"{labels} is {'the same as' if same else 'not what comes'} from one process")


if __name__ == "__main__":  # workers are processes that import this file
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("cluster"))
    main(parser.parse_args())
