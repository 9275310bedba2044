"""Memory of scoring, measuring and labelling a stack of labels larger than it may take.

    python benchmarks/large_labels.py --gigabytes 2

A synthetic stack of cells (u8 class ids) and its truth are written to disk, one plane after the
other; then each job runs in a process of its own, whose peak of resident memory is told (on Linux).
"""

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
import zarr
from tqdm import tqdm

import napari_fcnseg as fs

EDGE, PERIOD = 2048, 48


def plane(z, edge, shift):
    """Round cells on a grid, whose size changes along Z; classes 1 and 2."""
    y, x = np.mgrid[:edge, :edge].astype(np.float32)
    radius = 16 + 6 * np.sin(z / 5 + (x // PERIOD) + 2 * (y // PERIOD)) - shift
    far = np.hypot(y % PERIOD - PERIOD / 2, x % PERIOD - PERIOD / 2)
    return np.where(far < radius, 2, 1).astype(np.uint8)


def write(path, planes, shift):
    """Write a stack."""
    stack = zarr.create_array(
        path, shape=(planes, EDGE, EDGE), chunks=(8, 512, 512), dtype="u1",
        dimension_names=("z", "y", "x"),
    )  # fmt: skip
    for z in tqdm(range(0, planes, 8), desc=path.name):
        stack[z : z + 8] = np.stack([plane(i, EDGE, shift) for i in range(z, min(z + 8, planes))])


def peak_memory():
    """Most memory that this process has had, in kB; `getrusage` tells that of its parent, too."""
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0])


def job(name, folder, queue):
    """Run a job, and tell its time, its peak of memory and what it found."""
    found, truth, objects = (folder / f"{n}.zarr" for n in ("found", "truth", "objects"))
    begun = peak_memory()
    began = time.monotonic()
    if name == "evaluate":
        done = fs.evaluate(found, truth).wait().evaluation
        told = f"mean IoU {done.scores.mean_iou:.4f}"
    elif name == "label objects":
        done = fs.label_objects(found, objects, classes=[2], overwrite=True).wait()
        told = f"{done.count:,} objects"
    elif name == "measure classes":
        done = fs.measure_classes(found).wait()
        told = f"{len(done.table):,} rows"
    elif name == "measure objects":
        done = fs.measure_objects(objects).wait()
        told = f"{len(done.table):,} rows"
    else:
        done = fs.evaluate(objects, objects, objects=True).wait().evaluation
        told = f"AP50 {done.scores.ap50:.3f}"
    queue.put((time.monotonic() - began, begun, peak_memory(), told))


def main(options):
    """Print a table."""
    from machine import machine  # loads torch, which no process that is measured needs

    planes = round(options.gigabytes * 1e9 / EDGE**2)
    print(
        f"# Labels of {planes} x {EDGE} x {EDGE} pixels, {options.gigabytes:g} GB\n\n{machine()}\n"
    )
    print("| job | seconds | peak memory (MB) | before it began | found |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        write(Path(folder) / "found.zarr", planes, 0)
        write(Path(folder) / "truth.zarr", planes, 1)
        spawn = multiprocessing.get_context("spawn")
        for name in ("evaluate", "measure classes", "label objects", "measure objects",
                     "evaluate objects"):  # fmt: skip
            queue = spawn.Queue()
            process = spawn.Process(target=job, args=(name, Path(folder), queue))
            process.start()
            seconds, begun, peak, told = queue.get()
            process.join()
            print(f"| {name} | {seconds:.0f} | {peak / 1e3:,.0f} | {begun / 1e3:,.0f} | {told} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", help="for the stacks; by default the system's own")
    main(parser.parse_args())
