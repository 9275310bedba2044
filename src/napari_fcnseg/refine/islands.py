"""Small objects and holes: islands of a class that take the class around them."""

from collections.abc import Callable, Collection, Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.events import BlockDone, Event
from napari_fcnseg.images.create import Sink
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.pairs import PairCounts
from napari_fcnseg.refine.components import Components
from napari_fcnseg.refine.parts import Blocks, label_parts, read_parts, region

FACES = 1  # pixel around a block that its own pixels touch


def remove_islands(
    read: Callable[[Spans], NDArray[np.uint8]],
    parts: Any,
    blocks: Blocks,
    sink: Sink,
    min_size: int,
    classes: Collection[int] = (),
) -> Generator[Event, None, None]:
    """Give components of less than `min_size` pixels the class that most of their faces touch.

    Faces of other small components have no vote, and of two classes with as many votes the smaller
    id wins. An island that touches nothing else stays.

    Parameters
    ----------
    read
        Gives class ids in a window.
    parts
        Scratch array, see `scratch`.
    blocks
        In which blocks.
    sink
        Takes the classes.
    min_size
        Pixels.
    classes
        Whose islands are removed; by default those of all. Of the classes of objects these are
        small objects, of that of the background holes.
    """
    total = 3 * len(blocks.grid)

    def values(spans: Spans) -> NDArray[np.int16]:
        return read(spans).astype(np.int16) + 1  # 0 is a class like any other here

    found = yield from label_parts(values, parts, blocks, False, "refine", total)
    small = found.sizes < min_size
    if classes:
        small &= np.isin(found.values - 1, list(classes))
    small[0] = False
    votes = PairCounts()
    for number, spans in enumerate(blocks.grid, len(blocks.grid) + 1):
        _vote(
            votes,
            found.of_part[read_parts(parts, blocks.around(spans, FACES))],
            blocks,
            small,
            found,
        )
        yield BlockDone("refine", number, total)
    value_of = _elect(votes, found)
    for number, spans in enumerate(blocks.grid, 2 * len(blocks.grid) + 1):
        sink.write(spans, value_of[found.of_part[np.asarray(parts[region(spans)])]])
        yield BlockDone("refine", number, total)


def _vote(
    votes: PairCounts,
    window: NDArray[np.int64],
    blocks: Blocks,
    small: NDArray[np.bool_],
    found: Components,
) -> None:
    """Count the faces between small components and others in a block with a pixel around it."""
    for axis in (i for i, across in enumerate(blocks.along) if across):
        low = (slice(None),) * axis + (slice(None, -1),)
        high = (slice(None),) * axis + (slice(1, None),)
        for own, other in ((window[low], window[high]), (window[high], window[low])):
            face = small[own] & ~small[other]
            votes.add(own[face], found.values[other[face]])


def _elect(votes: PairCounts, found: Components) -> NDArray[np.uint8]:
    """Class of each component, after the votes."""
    votes.add_up()
    component, value = votes.pairs.astype(np.int64)
    value_of = found.values.copy()
    order = np.lexsort([-value, votes.counts])  # the last one wins: most votes, smallest id
    value_of[component[order]] = value[order]
    return (value_of - 1).clip(0).astype(np.uint8)
