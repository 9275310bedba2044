"""Which way of running a network is the fastest on this processor.

    python benchmarks/backends.py [--edge 1216] [--threads 2]

The benchmark's U-Net with BatchNorm folded, on one tile: eager in PyTorch's own layout and in
channels_last, `torch.compile`, onnxruntime and OpenVINO, each in a process of its own; and eager
again with raised malloc thresholds, so that freed memory stays with the process. Medians of five
runs; differences are of logits, to eager.
`pip install onnx onnxruntime openvino` for the last two.
"""

import argparse
import ctypes
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from machine import machine
from subjects import benchmark_model

from napari_fcnseg.nets.device import channels_last, place
from napari_fcnseg.nets.fold import fold_batchnorm

RUNS = 5
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


def eager(net, x):
    return net


def last(net, x):
    place(net, torch.device("cpu"))
    return lambda x: net(channels_last(x))


def malloc(net, x):
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, 2**31 - 1)
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    return last(net, x)


def compiled(net, x):
    place(net, torch.device("cpu"))
    run = torch.compile(net)
    return lambda x: run(channels_last(x))


def onnx(net, x):
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "net.onnx")
        torch.onnx.export(net, (x,), path, dynamo=False, input_names=["x"], output_names=["y"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    return lambda x: torch.from_numpy(session.run(["y"], {"x": x.numpy()})[0])


def openvino(net, x):
    import openvino as ov

    settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
    model = ov.convert_model(net, example_input=x, input=[tuple(x.shape)])
    run = ov.Core().compile_model(model, "CPU", settings)
    return lambda x: torch.from_numpy(run(x.numpy())[0])


BACKENDS = {
    "eager": eager,
    "channels_last": last,
    "channels_last, malloc": malloc,
    "torch.compile": compiled,
    "onnxruntime": onnx,
    "OpenVINO": openvino,
}


def run(options):
    """Time one backend in this process."""
    torch.set_num_threads(options.threads)
    net = benchmark_model().net
    fold_batchnorm(net)
    x = torch.randn(1, 1, options.edge, options.edge)
    with torch.inference_mode():
        wanted, began = net(x), time.perf_counter()
        work = BACKENDS[options.backend](net, x)
        found = work(x)
        ready, times = time.perf_counter() - began, []
        for _ in range(RUNS):
            began = time.perf_counter()
            work(x)
            times.append(time.perf_counter() - began)
    differs = float((found - wanted).abs().max())
    print(json.dumps({"seconds": float(np.median(times)), "ready": ready, "differs": differs}))


def main(options):
    print(f"# Backends\n\n{machine()}\n\nOne tile of {options.edge} x {options.edge}, "
          f"{options.threads} threads.\n")  # fmt: skip
    print(
        "| backend | Mpx/s | until the first result (s) | largest difference |\n|---|---|---|---|"
    )
    for name in BACKENDS:
        command = [sys.executable, __file__, "--backend", name, "--edge", str(options.edge)]
        command += ["--threads", str(options.threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {name} | not run: {done.stderr.strip().splitlines()[-1][:100]} |", flush=True)
            continue
        found = json.loads(done.stdout.strip().splitlines()[-1])
        speed = options.edge**2 / found["seconds"] / 1e6
        print(
            f"| {name} | {speed:.3f} | {found['ready']:.1f} | {found['differs']:.1e} |", flush=True
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edge", type=int, default=1216)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backend", help=argparse.SUPPRESS)
    options = parser.parse_args()
    run(options) if options.backend else main(options)
