"""A third party's model of the BioImage Model Zoo on images that it was made for.

    FCNSEG_DATA=... python benchmarks/zoo.py

`bioimageio/unet2d_nuclei_broad` (TorchScript and ONNX) on the fluorescent nuclei of `dsb2018`:
mean IoU of nucleus and background over all pixels, seconds, and how far both weights differ from
the stored test output, whole and through the tiles of this package.
"""

import os
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from datasets import dsb2018
from machine import machine
from scores import tally

import napari_fcnseg as fs
from napari_fcnseg.evaluation.scores import iou


def main():
    """Print a table."""
    folder = Path(os.environ["FCNSEG_DATA"])
    package = folder / "bioimageio" / "unet2d_nuclei_broad"
    image, wanted = (np.load(package / f"test_{which}.npy")[0] for which in ("input", "output"))
    nuclei = dsb2018(folder)
    pairs = [(i, truth - 1) for i, truth in (*nuclei.train, *nuclei.test)]
    print(f"# A model of the zoo\n\n{machine()}\n")
    print("| weights | whole: off by | tiles: off by | images | IoU background, nucleus | mean "
          "| seconds |\n|---|---|---|---|---|---|---|", flush=True)  # fmt: skip
    for weights in ("torchscript", "onnx"):
        model = fs.load_model(package, weights=weights)
        whole = np.abs(model.probabilities(image)[1] - wanted[0]).max()
        tiles = fs.segment(model, image[0], "probabilities", axes="YX")
        began = time.monotonic()
        found = iou(tally(partial(fs.segment, model), pairs, 2))
        taken = time.monotonic() - began
        print(f"| {weights} | {whole:.1e} | {np.abs(tiles[1] - wanted[0]).max():.1e} "
              f"| {len(pairs)} | {found[0]:.3f}, {found[1]:.3f} | {found.mean():.3f} "
              f"| {taken:.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
