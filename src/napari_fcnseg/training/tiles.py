"""Tiles around what is painted, of all classes in turn."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from napari_fcnseg.images.grid import Spans
from napari_fcnseg.training.patches import PatchSampler

EDGE = 256  # pixels
Tile = tuple[int, Spans]  # number of an image, and a window of one of its planes


def painted_tiles(sampler: PatchSampler, seed: int, replayed: bool = False) -> Iterator[Tile]:
    """Yield each tile with labels once: one of a class, one of the next, each class at random.

    Of new images, or of `replayed` ones; instances are left out, whose borders no teacher knows.
    """
    rng = np.random.default_rng(seed)
    corners: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for number, index, positions in sampler.painted():
        source = sampler.sources[number]
        if source.replayed == replayed and not source.borders:
            edges = [1] * (positions.shape[1] - 2) + [EDGE, EDGE]
            found = np.unique(positions // edges, axis=0)
            corners[index] += [(number, *corner) for corner in found.tolist()]
    queues = [[tiles[i] for i in rng.permutation(len(tiles))] for tiles in corners.values()]
    done = set()
    while any(queues):
        for queue in queues:
            while queue and queue[-1] in done:
                queue.pop()
            if queue:
                done.add(queue[-1])
                yield _tile(sampler, queue.pop())


def _tile(sampler: PatchSampler, corner: tuple[int, ...]) -> Tile:
    number, *leading, row, column = corner
    shape = sampler.sources[number].image.kept_shape[-2:]
    first = (row * EDGE, column * EDGE)
    space = [(start, min(start + EDGE, n)) for start, n in zip(first, shape, strict=True)]
    return number, (*((i, i + 1) for i in leading), *space)
