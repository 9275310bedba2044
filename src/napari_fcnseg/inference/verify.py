"""Whether what stands on the disk is what was written."""

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_fcnseg.errors import OutputError
from napari_fcnseg.events import Event, Steps, TileChecked, VerificationStarted, Verified
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.output import journal_path, open_levels, partial_path
from napari_fcnseg.inference.journal import Journal, checksum


def verify(out: str | Path) -> Steps[Event]:
    """Read a prediction again and compare it with the checksums of its journal.

    Parameters
    ----------
    out
        What `predict` wrote, finished or not.

    Returns
    -------
    Steps
        Iterate to run it: a `TileChecked` for each finished tile, then `Verified`. What is
        damaged, `predict` with ``resume=True`` does again.

    Raises
    ------
    OutputError
        If there is no prediction, or no journal of it.
    """
    path = Path(out)
    there = next((p for p in (partial_path(path), path) if p.exists()), None)
    if there is None:
        raise OutputError(f"{path} is not there: give the name of a prediction")
    journal = Journal(journal_path(path))
    if not journal.identity:
        raise OutputError(
            f"{path} has no journal beside it ({journal.path.name}): only what was written with "
            "one can be verified"
        )
    return Steps(_run(path, there, journal))


def _run(path: Path, there: Path, journal: Journal) -> Generator[Event, None, None]:
    began = time.monotonic()
    blocks = Grid(tuple(journal.identity["shape"]), tuple(journal.identity["block"]))
    damaged = []
    yield VerificationStarted(len(journal), len(blocks))
    for number, problem in check_blocks(open_levels(there), blocks, journal):
        checked = TileChecked(number, blocks[number], problem)
        if problem:
            damaged.append(checked)
        yield checked
    elapsed, axes = time.monotonic() - began, journal.identity["axes"]
    yield Verified(path, axes, len(journal), len(blocks), tuple(damaged), elapsed)


def check_blocks(
    levels: Sequence[Any], blocks: Grid, journal: Journal
) -> Iterator[tuple[int, str | None]]:
    """Yield each finished block and what is wrong with it, if anything.

    Parameters
    ----------
    levels
        Arrays of the pyramid, finest first.
    blocks
        Where the tiles lie in the finest.
    journal
        Has the checksums of the finished ones.
    """
    for number in range(len(blocks)):
        if number in journal:
            yield number, _problem(levels, blocks[number], journal[number])


def _problem(levels: Sequence[Any], spans: Spans, recorded: int) -> str | None:
    try:
        finest = np.asarray(levels[0][_region(spans)])
        if checksum(finest) != recorded:
            return "its pixels are not those that were written"
        for number, level in enumerate(levels[1:], 1):
            step = 2**number
            if not np.array_equal(level[_region(spans, step)], finest[..., ::step, ::step]):
                return f"level {number} of its pyramid is not that of its pixels"
    except Exception as error:  # damaged bytes raise what codec and format please
        return f"it cannot be read: {error}"
    return None


def _region(spans: Spans, step: int = 1) -> tuple[slice, ...]:
    plane = [slice(start // step, -(-stop // step)) for start, stop in spans[-2:]]
    return (*(slice(*span) for span in spans[:-2]), *plane)
