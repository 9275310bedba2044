"""Peak memory of a prediction by the size of its stack.

    python benchmarks/memory.py [--gigabytes 1 4 16] [--classes 2 8]

Stacks of 4096 x 4096 u8 slices that are made when they are read, a network of one 1 x 1
convolution, labels to OME-Zarr; each size in a process of its own. Then the benchmark's U-Net on
one slice of 4096 x 4096 with default settings. Memory is the peak of the process above what it
held with torch, the package and the model loaded.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from machine import machine
from subjects import Generated, benchmark_model

import napari_fcnseg as fs
from napari_fcnseg.inference import predict as _  # noqa: F401  what is loaded counts as loaded

EDGE = 4096


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run(options):
    """One prediction in this process; prints what it took as JSON."""
    torch.set_num_threads(1 if options.net == "one" else 2)  # see results/tiling.md
    model = benchmark_model(options.net, options.count)
    with torch.inference_mode():
        model.net(torch.randn(1, 1, 64, 64))
    image = fs.Image(Generated(options.slices, EDGE), "ZYX")
    base, began = peak(), time.perf_counter()
    fs.predict(model, image, Path(options.folder) / "out.ome.zarr", device="cpu").wait()
    taken = time.perf_counter() - began
    voxels = options.slices * EDGE**2
    print(json.dumps({"memory": peak() - base, "base": base, "speed": voxels / taken}))


def measure(net, slices, classes):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--folder", folder, "--net", net]
        command += ["--slices", str(slices), "--count", str(classes)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(options):
    print(f"# Memory\n\n{machine()}\n")
    print("| network | classes | stack (GB) | peak above base (MB) | base (MB) | Mpx/s |")
    print("|---|---|---|---|---|---|", flush=True)
    for classes in options.classes:
        found = []
        for size in options.gigabytes:
            slices = max(1, round(size * 1e9 / EDGE**2))
            taken = measure("one", slices, classes)
            found.append((slices * EDGE**2, taken["memory"]))
            _print("1 x 1 convolution", classes, size, taken)
        (small, low), (large, high) = found[0], found[-1]
        if len(found) > 1:
            print(f"\nSlope with {classes} classes: {(high - low) / (large - small):.4f} bytes per "
                  f"voxel; largest over smallest {high / low:.3f}\n")  # fmt: skip
    _print("U-Net, defaults", 2, EDGE**2 / 1e9, measure("unet", 1, 2))


def _print(net, classes, size, taken):
    print(f"| {net} | {classes} | {size:.3g} | {taken['memory'] / 1e6:.0f} "
          f"| {taken['base'] / 1e6:.0f} | {taken['speed'] / 1e6:.1f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[1, 4, 16])
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--net", help=argparse.SUPPRESS)
    parser.add_argument("--slices", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    run(options) if options.folder else main(options)
