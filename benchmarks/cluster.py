"""Throughput of dask.distributed, and what planning and scheduling cost.

    python benchmarks/cluster.py [--slices 8] [--edge 1024]

One worker process of one thread against two of them, on the benchmark's U-Net, from the start of
the first tile to the end of the last. Then a plan of 100 000 tiles: making it, handing its tiles
out to threads that do nothing, and writing its journal (each record is on the disk, `fsync`).
"""

import argparse
import math
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zarr
from distributed import Client, LocalCluster
from machine import machine
from subjects import Generated, benchmark_model

import napari_fcnseg as fs
from napari_fcnseg.inference.engine import run_tiles
from napari_fcnseg.inference.journal import Journal
from napari_fcnseg.inference.workers import Workers

TILES = 100_000
RECORDS = 2_000


def throughput(workers, stack, warm, folder):
    """Pixels per second of `workers` processes with one thread each."""
    model, settings = benchmark_model(), {"threads_per_worker": 1, "dashboard_address": None}
    settings |= {"n_workers": workers, "env": {"FCNSEG_THREADS": "1"}}
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        # The first prediction builds the runners and warms them up.
        for image, name in ((warm, "warm"), (stack, "out")):
            out = folder / f"{name}{workers}.ome.zarr"
            began = time.perf_counter()
            fs.predict(model, image, out, axes="ZYX", scheduler=client, tile=768).wait()
            taken = time.perf_counter() - began
    return math.prod(fs.open_image(stack, axes="ZYX").shape) / taken


def stack(path, slices, edge):
    array = zarr.create_array(path, shape=(slices, edge, edge), dtype="u1", chunks=(1, 512, 512))
    array[:] = Generated(slices, edge)[(slice(None),) * 3]
    return path


def scheduling(folder):
    net = benchmark_model().net
    began = time.perf_counter()
    tiles = fs.plan("ZYX", (TILES // 100, 10 * 640, 10 * 640), net.geometry, 640 + 192)
    planned = time.perf_counter() - began
    began = time.perf_counter()
    for tile in tiles:
        assert tile.core
    listed = time.perf_counter() - began
    with ThreadPoolExecutor(3) as pool:
        began = time.perf_counter()
        done = sum(map(len, run_tiles(Workers(pool, lambda n: (n,), 3), range(len(tiles)))))
        handed = time.perf_counter() - began
    assert done == len(tiles)
    journal = Journal(folder / "journal")
    journal.start({}, len(tiles))
    began = time.perf_counter()
    for number in range(RECORDS):
        journal.record({number: number})
    recorded = time.perf_counter() - began
    print(f"| tiles | {len(tiles):,} |\n| plan | {planned * 1e3:.2f} ms |")
    print(f"| where each tile lies | {1e6 * listed / len(tiles):.1f} us per tile |")
    print(f"| handing out | {1e6 * handed / len(tiles):.1f} us per tile |")
    print(f"| journal, on the disk | {1e3 * recorded / RECORDS:.2f} ms per tile |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=8)
    parser.add_argument("--edge", type=int, default=1024)
    options = parser.parse_args()
    print(f"# Cluster and scheduling\n\n{machine()}\n\n| what | measured |\n|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scheduling(folder)
        stacks = [stack(folder / f"{n}.zarr", n, options.edge) for n in (options.slices, 2)]
        one, two = (throughput(n, *stacks, folder) for n in (1, 2))
    print(f"| one worker | {one / 1e6:.3f} Mpx/s |\n| two workers | {two / 1e6:.3f} Mpx/s |")
    print(f"| two over one | {two / one:.2f} |")
