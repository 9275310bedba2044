"""How the blocks of an output lie on the disk: levels of a pyramid, chunks, shards."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SMALLEST_BLOCK = 64  # edge of a block at a coarser level
SMALL_PLANE = 512  # planes up to this edge need no coarser level
EDGE = 512  # largest edge of a chunk; what a viewer reads at a time
MANY = 1000  # chunks of the finest level, from which on a block is one file


@dataclass(frozen=True)
class Level:
    """One level of a pyramid.

    Attributes
    ----------
    step
        It holds every ``step``-th pixel along Y and X.
    shape, chunks
        Of its array.
    shards
        Chunks that share a file, as the shape of that file's pixels; ``None``: each has its own.
    """

    step: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None

    @property
    def files(self) -> tuple[int, ...]:
        """Shape of the pixels in one file."""
        return self.shards or self.chunks


def levels(shape: Sequence[int], block: Sequence[int], sharded: bool = True) -> Iterator[Level]:
    """Yield the levels of a pyramid over the last two axes, until a plane is small.

    What a block becomes at any level fills whole chunks, and at most one file where chunks are
    many and the format has shards, so that each file belongs to one block.
    """
    chunks = math.prod(-(-n // b) for n, b in zip(shape, _chunks(block), strict=True))
    step = 1
    while True:
        small = (*block[:-2], *(n // step for n in block[-2:]))
        plane = tuple(-(-n // step) for n in shape[-2:])
        shards = small if sharded and chunks > MANY else None
        yield Level(step, (*shape[:-2], *plane), _chunks(small), shards)
        step *= 2
        if max(plane) <= SMALL_PLANE or any(
            n % step or n // step < SMALLEST_BLOCK for n in block[-2:]
        ):
            return


def _chunks(block: Sequence[int]) -> tuple[int, ...]:
    """Even parts of a block of at most `EDGE`; all of it where it has none."""
    return (*block[:-2], *(next(_parts(n), n) for n in block[-2:]))


def _parts(n: int) -> Iterator[int]:
    least = -(-n // EDGE)
    return (n // parts for parts in range(least, 2 * least + 1) if n % parts == 0)
