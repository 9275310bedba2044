"""Scores on held-out labels, with the number of pixels behind each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.patches import PatchSampler

MOST_BLOCKS = 32
CORRELATED = 30  # pixels of a stroke that lie together say about as much as one
BATCH = 4
FEWEST_PIXELS = 50  # a score on fewer says nothing


@dataclass(frozen=True)
class Scores:
    """IoU by class name, on how many pixels, and their mean."""

    iou: dict[str, float]
    pixels: dict[str, int]

    @property
    def mean(self) -> float:
        """Mean IoU of the scored classes."""
        return float(np.mean(list(self.iou.values())))

    @property
    def error(self) -> float:
        """Standard error of the mean, as for shares of independent groups of pixels."""
        groups = {name: self.pixels[name] / CORRELATED for name in self.iou}
        squares = (p * (1 - p) / groups[name] for name, p in self.iou.items())
        return math.sqrt(sum(squares)) / len(self.iou)


class Validator:
    """Held-out blocks with the context that makes their prediction final.

    Parameters
    ----------
    sampler
        Its splits say which blocks are held out.
    net
        Its geometry says how much context a block needs.
    classes
        In the order of the network's outputs.
    rng
        Chooses blocks where there are more than 32.
    """

    def __init__(
        self,
        sampler: PatchSampler,
        net: SegmentationNet,
        classes: Sequence[SegClass],
        rng: np.random.Generator,
    ) -> None:
        self._classes = tuple(classes)
        blocks = [(n, block) for n, s in enumerate(sampler.sources) for block in s.split.blocks]
        if len(blocks) > MOST_BLOCKS:
            blocks = [blocks[i] for i in sorted(rng.permutation(len(blocks))[:MOST_BLOCKS])]
        images, targets = [], []
        for number, (*plane, y, x) in blocks:
            edge = sampler.sources[number].split.edge
            leading = tuple((p, p + 1) for p in plane)
            window = []
            for start, axis in zip((y, x), net.geometry, strict=True):
                before, after = axis.context(edge)
                window.append((start - before, start + edge + after))
            images.append(sampler.read(number, (*leading, *window))[0])
            targets.append(sampler.read(number, (*leading, (y, y + edge), (x, x + edge)))[1])
        self._crop = (
            tuple(slice(a.halo - a.margin, a.halo - a.margin + edge) for a in net.geometry)
            if blocks
            else ()
        )
        self._images = torch.from_numpy(np.stack(images)) if blocks else torch.zeros(0)
        self._targets = np.stack(targets) if blocks else np.zeros((0, 1, 1), np.int64)
        counts = np.bincount(self._targets[self._targets >= 0], minlength=len(classes))
        self.pixels = {c.name: int(n) for c, n in zip(classes, counts, strict=True)}

    @property
    def scored(self) -> list[str]:
        """Names of the classes that have enough held-out pixels."""
        return [name for name, count in self.pixels.items() if count >= FEWEST_PIXELS]

    def score(self, net: SegmentationNet) -> Scores:
        """Segment the blocks and compare; `net` is left in evaluation mode."""
        net.eval()
        device = next(net.parameters()).device
        matrix = np.zeros((len(self._classes),) * 2, np.int64)
        with torch.inference_mode():
            for start in range(0, len(self._images), BATCH):
                batch = self._images[start : start + BATCH].to(device)
                winners = net(batch)[(slice(None), slice(None), *self._crop)].argmax(1).cpu()
                truth = self._targets[start : start + BATCH]
                matrix += confusion_matrix(truth, winners.numpy(), len(self._classes))
        by_name = dict(zip((c.name for c in self._classes), iou(matrix).tolist(), strict=True))
        return Scores({name: by_name[name] for name in self.scored}, self.pixels)
