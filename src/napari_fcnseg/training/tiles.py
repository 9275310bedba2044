"""Tiles of images: around what is painted, of all classes in turn, and elsewhere."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source

EDGE = 256  # pixels
LOOKED = 2**16  # tiles that are drawn, at most: images may have millions
Tile = tuple[int, Spans]  # number of an image, and a window of one of its planes
Corner = tuple[int, ...]  # number of an image, and the place of a tile in its grid


def painted_tiles(sampler: PatchSampler, seed: int, replayed: bool = False) -> Iterator[Tile]:
    """Yield each tile with labels once: one of a class, one of the next, each class at random.

    Of new images, or of `replayed` ones; instances are left out, whose borders no teacher knows.
    """
    rng = np.random.default_rng(seed)
    corners = _painted(sampler, replayed)
    queues = [[tiles[i] for i in rng.permutation(len(tiles))] for tiles in corners.values()]
    done = set()
    while any(queues):
        for queue in queues:
            while queue and queue[-1] in done:
                queue.pop()
            if queue:
                done.add(queue[-1])
                number, *at = queue.pop()
                yield number, _grid(sampler.sources[number])[_flat(sampler.sources[number], at)]


def unpainted_tiles(sampler: PatchSampler, seed: int) -> Iterator[Tile]:
    """Yield tiles of new images in which nobody has painted, at random, each at most once."""
    rng = np.random.default_rng(seed)
    painted = {corner for tiles in _painted(sampler, False).values() for corner in tiles}
    counts = [len(_grid(s)) if _is_taught(s, False) else 0 for s in sampler.sources]
    ends = np.cumsum(counts)
    few = ends[-1] <= LOOKED
    drawn = rng.permutation(ends[-1]) if few else np.unique(rng.integers(ends[-1], size=LOOKED))
    for flat in (drawn if few else rng.permutation(drawn)).tolist():
        number = int(np.searchsorted(ends, flat, side="right"))
        grid = _grid(sampler.sources[number])
        inside = flat - int(ends[number]) + counts[number]
        if (number, *np.unravel_index(inside, grid.counts)) not in painted:
            yield number, grid[inside]


def _painted(sampler: PatchSampler, replayed: bool) -> dict[int, list[Corner]]:
    """Tiles with labels of each class."""
    corners: dict[int, list[Corner]] = defaultdict(list)
    for number, index, positions in sampler.painted():
        source = sampler.sources[number]
        if _is_taught(source, replayed):
            found = np.unique(positions // _grid(source).steps, axis=0)
            corners[index] += [(number, *corner) for corner in found.tolist()]
    return corners


def _is_taught(source: Source, replayed: bool) -> bool:
    return source.replayed == replayed and not source.borders


def _grid(source: Source) -> Grid:
    shape = source.image.kept_shape
    return Grid(shape, (*[1] * (len(shape) - 2), EDGE, EDGE))


def _flat(source: Source, at: list[int]) -> int:
    return int(np.ravel_multi_index(at, _grid(source).counts))
