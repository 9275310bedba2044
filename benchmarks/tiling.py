"""Tiled inference from disk to disk: ours, its peers, and the bare network.

    python benchmarks/tiling.py [--slices 16] [--edge 2048] [--engines bare ours monai ...]

One u8 TIFF stack, one U-Net of five levels (base 16, BatchNorm, random weights), two threads;
each engine in a process of its own. Efficiency: useful output pixels per second, file to file,
over the bare network's on resident data in channels_last, measured before and after each engine:
machines change their speed within minutes. Memory: the peak of the process above what it held
with network and libraries loaded. Peers need `pip install -r benchmarks/peers.txt`, best in an
environment of their own.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
import torch
from machine import machine
from subjects import MEAN, STD, benchmark_model

import napari_fcnseg as fs
from napari_fcnseg.nets.device import channels_last, place
from napari_fcnseg.nets.fold import fold_batchnorm

HALO = 96  # what the U-Net needs
WARM, RUNS = 1, 3


def winners(logits):
    """Labels of logits ``(classes, Y, X)``; a comparison, as argmax would weigh on the peers."""
    return (logits[1] > logits[0]).to(torch.uint8).numpy() + np.uint8(1)


def ours(model, source, out, **options):
    out = out.with_name("out.ome.zarr")
    fs.predict(model, source, out, axes="ZYX", **options).wait()
    return lambda: fs.open_image(out).read({"Z": (0, 1)})[0, 0]


def batches(source):
    for plane in tifffile.memmap(source, mode="r"):
        yield torch.from_numpy((plane.astype(np.float32) - MEAN) / STD)[None, None]


def written(source, out):
    shape = tifffile.memmap(source, mode="r").shape
    return tifffile.memmap(out, shape=shape, dtype=np.uint8)


def naive(model, source, out):
    """Whole slices in a plain loop, as scripts do."""
    labels = written(source, out)
    with torch.inference_mode():
        for z, plane in enumerate(batches(source)):
            labels[z] = winners(model.net(plane)[0])
    labels.flush()
    return lambda: labels[0]


def monai(model, source, out):
    from monai.inferers import sliding_window_inference

    labels = written(source, out)
    with torch.inference_mode():
        for z, plane in enumerate(batches(source)):
            logits = sliding_window_inference(
                plane, 512, 1, model.net, overlap=0.25, mode="gaussian"
            )
            labels[z] = winners(logits[0])
    labels.flush()
    return lambda: labels[0]


def map_overlap(model, source, out):
    import dask.array as da

    def block(pixels):
        plane = torch.from_numpy((pixels.astype(np.float32) - MEAN) / STD)[None]
        with torch.inference_mode():
            return winners(model.net(plane)[0])[None]

    stack = da.from_array(tifffile.memmap(source, mode="r"), chunks=(1, 512, 512))
    depth = {0: 0, 1: HALO, 2: HALO}
    found = stack.map_overlap(block, depth=depth, boundary="reflect", dtype=np.uint8)
    labels = written(source, out)
    da.store(found, labels, scheduler="threads", num_workers=2)
    return lambda: labels[0]


def torch_em(model, source, out):
    from torch_em.util.prediction import predict_with_halo

    labels = written(source, out)

    class Store:
        """Takes class scores block by block."""

        shape, ndim = (2, *labels.shape[1:]), 3
        z = 0

        def __setitem__(self, region, block):
            labels[(self.z, *region[1:])] = winners(torch.from_numpy(block))

    store = Store()
    for store.z, plane in enumerate(tifffile.memmap(source, mode="r")):
        predict_with_halo(
            plane, model.net, ["cpu"], (512, 512), (HALO, HALO), output=store,
            preprocess=lambda x: (x.astype(np.float32) - MEAN) / STD, disable_tqdm=True,
        )  # fmt: skip
    labels.flush()
    return lambda: labels[0]


def bioimageio(model, source, out):
    from bioimageio.core import create_prediction_pipeline, load_model_description, predict

    package = model.save(out.with_name("out.zip"))
    edge = 512 + 2 * HALO
    block = {"raw": {"batch": 1, "channel": 1, "y": edge, "x": edge}}
    labels = written(source, out)
    # Leaving its context waits for ever (0.11): the process ends without.
    pipeline = create_prediction_pipeline(load_model_description(package)).__enter__()
    for z, plane in enumerate(tifffile.memmap(source, mode="r")):
        pixels = plane[None, None].astype(np.float32)
        found = predict(model=pipeline, inputs={"raw": pixels}, input_block_shape=block)
        scores = found.members["probabilities"].data.to_numpy()
        labels[z] = winners(torch.from_numpy(scores[0]))
    labels.flush()
    return lambda: labels[0]


ENGINES = {
    "ours": ours,
    "ours, cores of 2048": lambda *job, **run: ours(*job, tile=2048 + 2 * HALO, **run),
    "ours, cores of 512": lambda *job, **run: ours(*job, tile=512 + 2 * HALO, **run),
    "naive": naive,
    "monai": monai,
    "map_overlap": map_overlap,
    "torch_em": torch_em,
    "bioimageio": bioimageio,
}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare(model, edge, device, precision, tuned):
    """Pixels per second of the network on resident data; tuned as ours runs it, or plain."""
    if tuned:
        fold_batchnorm(model.net)
        place(model.net, device)
    model.net.to(device, memory_format=torch.channels_last)
    plane, times = channels_last(torch.randn(1, 1, edge, edge, device=device)), []
    cast = precision != "float32"
    dtype = getattr(torch, precision) if cast else None
    with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=cast):
        for _ in range(WARM + RUNS):
            began = time.perf_counter()
            model.net(plane)
            if device.type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - began)
    return edge**2 / float(np.median(times[WARM:]))


def run_engine(options):
    """One engine in this process; prints what it measured as JSON."""
    torch.set_num_threads(options.threads)
    model, folder = benchmark_model(options.net), Path(options.folder)
    device = torch.device(options.device)
    if options.engine.startswith("bare"):
        tuned = options.engine == "bare, as ours"
        rate = bare(model, options.edge, device, options.precision, tuned)
        print(json.dumps({"rate": rate}))
        return
    if options.engine == "untiled":
        plane = tifffile.memmap(folder / "stack.tif", mode="r")[0]
        halo = [(HALO, -n % 16 + HALO) for n in plane.shape]
        model.net.double()  # where rounding is far below what is compared
        scores = model.probabilities(np.pad(plane, halo, "reflect")[None])
        inside = scores[:, HALO : HALO + plane.shape[0], HALO : HALO + plane.shape[1]]
        np.save(folder / "untiled.npy", inside)
        print("{}")
        return
    with torch.inference_mode():
        model.net(torch.randn(1, 1, 64, 64))  # what is loaded at first use counts as loaded
    fs.segment(model, np.zeros((64, 64), np.uint8))
    base, began, used = peak(), time.perf_counter(), time.process_time()
    own = {"device": options.device, "precision": options.precision}
    run = own if options.engine.startswith("ours") else {}
    first = ENGINES[options.engine](model, folder / "stack.tif", folder / "out.tif", **run)
    wall, cpu, top = time.perf_counter() - began, time.process_time() - used, peak()
    found = {"wall": wall, "cpu": cpu, "memory": top - base}
    if device.type == "cuda":
        found["memory"] = torch.cuda.max_memory_allocated() / 1024**2
    if (folder / "untiled.npy").exists():
        scores = np.load(folder / "untiled.npy")
        differ = np.asarray(first()) != scores.argmax(0) + 1
        clear = np.abs(scores[0] - scores[1]) > 2e-5
        found |= {"differ": float(differ.mean()), "clear": int((differ & clear).sum())}
    print(json.dumps(found), flush=True)
    os._exit(0)  # whatever threads a peer has left


def measure(engine, options, folder):
    command = [sys.executable, __file__, "--engine", engine, "--folder", str(folder)]
    for name in ("net", "edge", "threads", "device", "precision"):
        command += [f"--{name}", str(getattr(options, name))]
    for old in folder.glob("out.*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    own = engine.startswith("ours") or engine == "bare, as ours"
    env = os.environ | {"THP_MEM_ALLOC_ENABLE": str(int(own))}  # else the package would set it
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1][:100]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(options):
    print(f"# Tiled inference\n\n{machine()}\n")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("Not run: there is no CUDA device here.")
        return
    print(f"{options.slices} x {options.edge} x {options.edge} u8, network: {options.net}, "
          f"{options.threads} threads, {options.device}, {options.precision}\n")  # fmt: skip
    pixels = options.slices * options.edge**2
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        with tifffile.TiffWriter(folder / "stack.tif") as file:
            planes = (
                rng.integers(0, 256, (options.edge, options.edge), np.uint8)
                for _ in range(options.slices)
            )
            shape = (options.slices, options.edge, options.edge)
            file.write(planes, shape=shape, dtype=np.uint8, photometric="minisblack")
        if options.net == "unet":
            measure("untiled", options, folder)
        tuned = measure("bare, as ours", options, folder)["rate"]
        before = measure("bare", options, folder)["rate"]
        print(f"Bare network: {before / 1e6:.3f} Mpx/s at first; as ours runs it, with BatchNorm "
              f"folded and large pages, {tuned / 1e6:.3f}\n")  # fmt: skip
        print("| engine | wall (s) | CPU (s) | memory (MiB) | Mpx/s | bare | efficiency | labels "
              "that differ | of them clear |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
        for engine in options.engines * options.repeats:
            found = measure(engine, options, folder)
            if "error" in found:
                print(f"| {engine} | not run: {found['error']} |", flush=True)
                continue
            after = measure("bare", options, folder)["rate"]
            speed, rate = pixels / found["wall"], (before + after) / 2
            before = after
            print(
                f"| {engine} | {found['wall']:.1f} | {found['cpu']:.1f} | {found['memory']:.0f} "
                f"| {speed / 1e6:.3f} | {rate / 1e6:.3f} | {speed / rate:.2f} "
                f"| {found.get('differ', 0):.1e} | {found.get('clear', '-')} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--edge", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--net", choices=("unet", "one"), default="unet")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", default="float32", help="of ours and of the bare network")
    parser.add_argument("--engines", nargs="*", default=list(ENGINES))
    parser.add_argument("--folder", help="for the stack and the outputs")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    options = parser.parse_args()
    run_engine(options) if options.engine else main(options)
