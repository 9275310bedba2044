"""Scores on held-out labels, with the number of pixels behind each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.seen import Seen, look_at
from napari_fcnseg.training.split import ENOUGH, Corner

MOST_BLOCKS = 32
CORRELATED = 1000  # pixels, of a stroke or two, say about as much as one by itself
MOST_PIXELS = 2**23  # of all blocks, with what is seen around them


@dataclass(frozen=True)
class Scores:
    """IoU by class name, on how many pixels, and their mean.

    ``vanished`` classes have labels, but the network finds them nowhere.
    """

    iou: dict[str, float]
    pixels: dict[str, int]
    vanished: tuple[str, ...] = ()

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """Build from plain data, as `dataclasses.asdict` gives it."""
        return cls(state["iou"], state["pixels"], tuple(state["vanished"]))

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


@dataclass(frozen=True)
class _Block:
    """A held-out block: what the network sees, and its labels."""

    seen: Seen
    target: NDArray[np.int64]


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
        Chooses blocks where there are more than 32, or more than can be validated in a
        reasonable time.
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
        order = rng.permutation(len(blocks))[:MOST_BLOCKS].tolist()  # not the first slices only
        self._blocks: list[_Block] = []
        seen = 0
        for number, corner in [blocks[i] for i in order]:
            if self._blocks and seen > MOST_PIXELS:  # blocks of far-seeing networks are large
                break
            self._blocks.append(_read_block(sampler, net, number, corner))
            seen += self._blocks[-1].seen.pixels.size
        counts = np.zeros(len(classes), np.int64)
        for block in self._blocks:
            counts += np.bincount(block.target[block.target >= 0], minlength=len(classes))
        self.pixels = {c.name: int(n) for c, n in zip(classes, counts, strict=True)}

    @property
    def scored(self) -> list[str]:
        """Names of the classes that have enough held-out pixels."""
        return [name for name, count in self.pixels.items() if count >= ENOUGH]

    def score(self, net: SegmentationNet, shares: NDArray[np.floating] | None = None) -> Scores:
        """Segment the blocks and compare; `net` is left in evaluation mode.

        Parameters
        ----------
        net
            The network.
        shares
            In what shares labels of the classes count, shape ``(classes,)``, however many there
            are of each. By default each label counts as much as another.
        """
        matrix = np.zeros((len(self._classes),) * 2, np.int64)
        for block in self._blocks:
            winners = block.seen.logits(net).argmax(0).cpu().numpy()
            matrix += confusion_matrix(block.target, winners, len(self._classes))
        names = [c.name for c in self._classes]
        by_name = dict(zip(names, iou(weighted(matrix, shares)).tolist(), strict=True))
        found = dict(zip(names, matrix.sum(0).tolist(), strict=True))
        vanished = tuple(name for name in self.scored if not found[name])
        return Scores({name: by_name[name] for name in self.scored}, self.pixels, vanished)


def weighted(matrix: NDArray[np.int64], shares: NDArray[np.floating] | None) -> NDArray[np.number]:
    """Return a confusion matrix as if its true classes, the rows, had other shares.

    People paint as much beside rare objects as on them: a network that takes a tenth of the image
    for objects has few wrong labels, and in the image as many wrong pixels as right ones.
    """
    if shares is None:
        return matrix
    rows = matrix.sum(1, keepdims=True)
    counted: NDArray[np.float64] = matrix * shares[:, None] / np.maximum(rows, 1)
    return counted


def _read_block(sampler: PatchSampler, net: SegmentationNet, number: int, corner: Corner) -> _Block:
    source = sampler.sources[number]
    lengths = (*[1] * (len(corner) - 2), source.split.edge, source.split.edge)
    along = zip(corner, lengths, source.image.kept_shape, strict=True)
    block = tuple((start, min(start + n, end)) for start, n, end in along)
    _, target = sampler.read(number, block)
    space = [stop - start for start, stop in block[-net.ndim :]]
    return _Block(look_at(sampler, net, number, block), target.reshape(space))
