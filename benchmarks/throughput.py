"""What the training loop costs on top of the steps themselves.

    python benchmarks/throughput.py [--net unet_light] [--patch 128] [--batch 8] [--device cuda]

Steps per second of `fs.train`, which draws and changes its patches, averages weights and yields
events, over those of the bare step on patches drawn before: forward, loss, backward, clipping
and AdamW, of the same network, losses and optimiser. Both run in turns in one process, as
machines change their speed within minutes; the ratio is the median over the rounds. Strokes on
a synthetic EM stack; nothing is held out, so nothing is validated.
"""

import argparse
import itertools
import statistics
import time
from contextlib import closing

import torch
from machine import machine
from subjects import Patches

import napari_fcnseg as fs
from napari_fcnseg.events import Step
from napari_fcnseg.images.synthetic import CLASSES, synthetic_em
from napari_fcnseg.nets.device import place
from napari_fcnseg.training.objective import Objective
from napari_fcnseg.training.optimiser import Optimiser
from napari_fcnseg.training.precision import Precision

TARGET = 0.85
BATCHES = 8  # drawn before, for the bare step


def loop(image, strokes, recipe, device):
    """Take the steps of ours."""
    with closing(fs.train(image, strokes, recipe, classes=CLASSES, device=device)) as job:
        yield from (event for event in job if isinstance(event, Step))


def bare(image, strokes, recipe, device):
    """Take steps on patches that are there."""
    device = torch.device(device)
    patches = Patches([(image, strokes)], CLASSES, recipe, device)
    batches = [patches.supply(recipe.batch) for _ in range(BATCHES)]
    net = patches.net.train()
    place(net, device)
    objective = Objective(recipe, list(patches.data.pixels.values()), device)
    precision = Precision(recipe.precision, device)
    optimiser = Optimiser(net, recipe, recipe.rate, 0.0, precision)
    for x, y, _ in itertools.cycle(batches):
        with precision.step():
            with precision.forward():
                logits = net(x)
            optimiser.take_gradient(objective(logits.float(), y, x))
        yield optimiser.step(0.5)


def speed(steps, count, device):
    """Measure steps per second over `count` of them."""
    began = time.perf_counter()
    for _ in range(count):
        next(steps)
    if device == "cuda":
        torch.cuda.synchronize()
    return count / (time.perf_counter() - began)


def main(options):
    """Print a table."""
    stack, truth = synthetic_em((2, 512, 512))
    image, strokes = fs.Image(stack, "ZYX"), fs.simulate_strokes(truth, [0, 1])
    recipe = fs.Recipe(
        net=options.net,
        patch=options.patch,
        batch=options.batch,
        validation=0,
        steps=options.warm_up + options.rounds * options.steps + 1,  # it does not come to its end
    )
    ways = [way(image, strokes, recipe, options.device) for way in (loop, bare)]
    for steps in ways:
        speed(steps, options.warm_up, options.device)
    print(f"# Training throughput\n\n{machine()}\n\n{options.net}, {options.batch} patches of "
          f"{options.patch} px, {options.steps} steps a round, {options.device}.\n")  # fmt: skip
    print("| round | fs.train (steps/s) | bare step (steps/s) | ratio |")
    print("|---|---|---|---|", flush=True)
    ratios = []
    for number in range(options.rounds):
        order = (0, 1) if number % 2 else (1, 0)  # neither is always the first
        found = {i: speed(ways[i], options.steps, options.device) for i in order}
        ratios.append(found[0] / found[1])
        print(f"| {number + 1} | {found[0]:.2f} | {found[1]:.2f} | {ratios[-1]:.3f} |", flush=True)
    ways[0].close()
    middle = statistics.median(ratios)
    verdict = "reached" if middle >= TARGET else "missed"
    print(f"\nMedian ratio: {middle:.3f}; the target of {TARGET} is {verdict}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", choices=fs.list_nets(), default="unet_light")
    parser.add_argument("--patch", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=60, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=10, help="steps before the first round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    main(options)
