"""Kill a prediction again and again, at random moments, and compare what is there in the end.

    python benchmarks/recovery.py [--kills 20] [--edge 1024]

A child process predicts with `resume=True` and is killed (SIGKILL) at a random moment after its
first tile; the next one goes on. At each start the tiles that the journal has must not be computed
again; in the end all files must have the bytes of a run that nobody disturbed.
"""

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from machine import machine
from subjects import Generated, benchmark_model

import napari_fcnseg as fs
from napari_fcnseg.events import TileDone
from napari_fcnseg.inference.journal import Journal

TILE = 512


def predict(options, out):
    """Predict in this process; say which tiles are done, as they are."""
    torch.set_num_threads(2)
    image = fs.Image(Generated(options.slices, options.edge), "ZYX")
    job = fs.predict(benchmark_model(), image, out, device="cpu", tile=TILE, resume=True)
    for event in job:
        if isinstance(event, TileDone):
            print(event.spans, flush=True)


def recorded(out):
    path = out.with_name(out.name + ".journal")
    return len(Journal(path)) if path.exists() else 0


def digest(folder):
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()[:16]


def main(options):
    print(f"# Kill and go on\n\n{machine()}\n")
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        command = _command(options, folder / "whole.ome.zarr")
        whole = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        taken = time.perf_counter() - began
        tiles = whole.stdout.count(b"\n")
        out, kills, twice, computed = folder / "killed.ome.zarr", 0, 0, []
        while not out.exists():
            before = recorded(out)
            child = subprocess.Popen(_command(options, out), stdout=subprocess.PIPE)
            first = child.stdout.readline()
            if kills < options.kills:
                time.sleep(rng.uniform(0, taken / options.kills / 2))
                child.send_signal(signal.SIGKILL)
                kills += 1
            lines = [first, *child.communicate()[0].splitlines(keepends=True)]
            done = [line for line in lines if line.endswith(b"\n")]
            twice += len(set(done) & set(computed))
            computed += done
            assert recorded(out) >= before + len(done)
        same = digest(out) == digest(folder / "whole.ome.zarr")
        print("| kills | tiles | reported, then computed again | same bytes |\n|---|---|---|---|")
        print(f"| {kills} | {tiles} | {twice} | {'yes' if same else 'NO'} |")


def _command(options, out):
    return [
        sys.executable, __file__, "--out", str(out),
        "--slices", str(options.slices), "--edge", str(options.edge),
    ]  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--edge", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    predict(options, options.out) if options.out else main(options)
