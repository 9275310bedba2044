"""What every network costs, and what running a sliding window dense saves.

    python benchmarks/nets.py [--device cuda] [--size 512] [--nets unet fcn8s ...]

Times are medians of three runs after one to warm up, at full published width: one image of
512 x 512 through the network, and one training step of two patches of 256 x 256 with AdamW.
Networks that lose a border are given it on top; those that see stacks take 16 slices of
128 x 128, and train on 8 of 64 x 64. Peak memory on CUDA is torch's own count; on the CPU it is
counted as `fs.describe` does, weights and activations.
"""

import argparse
import gc
import statistics
import time

import torch
from machine import machine
from torch.nn import functional as F

import napari_fcnseg as fs
from napari_fcnseg.nets.ciresan import WINDOW, patch_classifier
from napari_fcnseg.nets.costs import memory
from napari_fcnseg.nets.device import channels_last, place
from napari_fcnseg.nets.geometry import legal_size

RUNS = 3
LONG = 60  # seconds
TITAN_X = "the talk's ResNet-18-8s took 28 ms for 512 x 512 on a Titan X"


def seconds(work, device):
    """Median time of `work`, after one run to warm up; the first, where that took a minute."""
    times = []
    while len(times) <= RUNS and not (times and times[0] > LONG):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:] or times)


def input_size(net, plane):
    """Legal size whose output is `plane` pixels; of stacks, slices of a quarter of that."""
    wanted = [plane, plane] if net.ndim == 2 else [plane // 32, plane // 4, plane // 4]
    along = zip(wanted, net.geometry, strict=True)
    return [legal_size(n + 2 * a.margin, a.min_size, a.stride) for n, a in along]


def peak(net, size, device, work, **options):
    if device.type != "cuda":
        return memory(net, size, **options)
    torch.cuda.reset_peak_memory_stats()
    work()
    return torch.cuda.max_memory_allocated()


def row(name, device, plane):
    torch.manual_seed(0)
    net = fs.build_net(name)
    place(net, device)
    size = input_size(net, plane)
    x = channels_last(torch.randn(1, 1, *size, device=device))

    def infer():
        with torch.inference_mode():
            net(x)

    net.eval()
    run = seconds(infer, device)
    inference = peak(net, size, device, infer)
    small = input_size(net, plane // 2)
    batch = channels_last(torch.randn(2, 1, *small, device=device))
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-4)
    net.train()

    def step():
        logits = net(batch)
        loss = F.cross_entropy(logits, torch.zeros_like(logits[:, 0], dtype=torch.long))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    learn = seconds(step, device)
    training = peak(net, small, device, step, batch=2, train=True)
    low, high = net.geometry[-1].field
    field = f"{low}-{high}" if high != low else f"{low}"
    print(
        f"| {name} | {net.parameter_count:,} | {field} | {1000 * run:,.0f} | "
        f"{inference / 2**20:,.0f} | {1000 * learn:,.0f} | {training / 2**20:,.0f} |",
        flush=True,
    )


def sliding_window(device, rows, batch=256):
    """One image patch by patch against the same network run convolutionally.

    The first few rows of windows are run; all others cost the same.
    """
    torch.manual_seed(0)
    edge = 512
    image = torch.randn(1, 1, edge + WINDOW - 1, edge + WINDOW - 1, device=device)
    classifier = patch_classifier().to(device).eval()
    dense = fs.build_net("ciresan_n4").to(device).eval()
    with torch.inference_mode():
        whole = seconds(lambda: dense(image), device)
        windows = image[0, 0, : rows + WINDOW - 1].unfold(0, WINDOW, 1).unfold(1, WINDOW, 1)
        windows = windows.reshape(-1, 1, WINDOW, WINDOW)
        began = time.perf_counter()
        for start in range(0, len(windows), batch):
            classifier(windows[start : start + batch])
        if device.type == "cuda":
            torch.cuda.synchronize()
        patches = (time.perf_counter() - began) / rows * edge
    print(
        f"\n## Sliding window\n\nCiresan N4 over 512 x 512 pixels: {edge**2:,} windows of 95 x 95 "
        f"one by one take {patches:,.0f} s (measured on {len(windows):,} of them), the same "
        f"network run dense {whole:.2f} s: {patches / whole:,.0f} times as fast."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rows", type=int, default=2, help="of windows that are run one by one")
    parser.add_argument("--nets", nargs="*", default=fs.list_nets())
    options = parser.parse_args()
    device = torch.device(options.device)
    print(f"# Networks\n\n{machine()}\n\nFor comparison: {TITAN_X}.\n")
    print(f"| network | parameters | sees (px) | {options.size} x {options.size} (ms) | peak (MiB) "
          "| training step (ms) | peak (MiB) |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for name in options.nets:
        row(name, device, options.size)
        gc.collect()
    sliding_window(device, options.rows)
