"""What a network sees of a window, so that its prediction there is final."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.device import channels_last, full_float32
from napari_fcnseg.training.patches import PatchSampler


@dataclass(frozen=True)
class Seen:
    """Pixels of a window with what is around it, and where the window lies in the output."""

    pixels: NDArray[np.float32]
    crop: tuple[slice, ...]

    @torch.inference_mode()
    def logits(self, net: SegmentationNet) -> Tensor:
        """Predict the window, shape ``(classes, *space)``; `net` is left in evaluation mode."""
        device = next(net.parameters()).device
        pixels = torch.from_numpy(self.pixels[None]).to(device)
        with full_float32(device):  # as a prediction does
            found: Tensor = net.eval()(channels_last(pixels))[0]
        return found[(slice(None), *self.crop)]


def look_at(sampler: PatchSampler, net: SegmentationNet, number: int, window: Spans) -> Seen:
    """Read what a prediction of `window` needs, along the kept axes of source `number`."""
    leading, space = window[: -net.ndim], window[-net.ndim :]
    shape = sampler.sources[number].image.kept_shape[-net.ndim :]
    seen = []
    for axis, span, n in zip(net.geometry, space, shape, strict=True):
        seen.append(axis.within(axis.source(*span), axis.frame(n)))  # as a prediction sees it
    pixels, _ = sampler.read(number, (*leading, *seen))
    results = [first + margin for (first, _), margin in zip(seen, net.margin, strict=True)]
    return Seen(
        pixels.reshape(-1, *(stop - start for start, stop in seen)),
        tuple(slice(a - r, b - r) for (a, b), r in zip(space, results, strict=True)),
    )
