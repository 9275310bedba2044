"""Objects of a segmentation and of its truth, counted block by block."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import EvaluationError
from napari_fcnseg.evaluation.overlaps import Overlaps, OverlapTally
from napari_fcnseg.evaluation.pair import Pair
from napari_fcnseg.images.grid import Spans

BACKGROUND, NOBODY = -1, -2  # partners of the background, and of who has none


class ObjectTally:
    """Counts what objects share; an id is another object at another time.

    Parameters
    ----------
    pair
        Ids of objects.
    """

    def __init__(self, pair: Pair) -> None:
        if pair.found.channels > 1:
            raise EvaluationError(
                f"{pair.found.name} has {pair.found.channels} channels; objects are one id per "
                "pixel"
            )
        self._pair = pair
        self._tallies: dict[int, OverlapTally] = defaultdict(OverlapTally)

    def count(self, spans: Spans) -> None:
        """Count a block."""
        self._tallies[self._time(spans)].add(*self._read(spans))

    def tables(self) -> dict[int, Overlaps]:
        """Overlaps at each time."""
        return {time: tally.table() for time, tally in self._tallies.items()}

    def wrong(
        self,
        spans: Spans,
        tables: Mapping[int, Overlaps],
        partners: Mapping[int, NDArray[np.int64]],
    ) -> NDArray[np.bool_]:
        """Tell which pixels of a block are not in the partner of their object.

        Parameters
        ----------
        spans
            The block.
        tables, partners
            Overlaps at each time, and their `partners_of`.
        """
        truth, found = self._read(spans)
        table, partner = tables[self._time(spans)], partners[self._time(spans)]
        wanted = np.append(partner, BACKGROUND)
        wanted[:-1][partner < 0] = NOBODY
        wrong: NDArray[np.bool_] = (
            wanted[_place(truth, table.truth_ids)]
            != np.append(np.arange(len(table.found_ids)), BACKGROUND)[
                _place(found, table.found_ids)
            ]
        )
        return wrong

    def _time(self, spans: Spans) -> int:
        kept = self._pair.found.kept
        return spans[kept.index("T")][0] if "T" in kept else 0

    def _read(self, spans: Spans) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        size = [stop - start for start, stop in spans[-2:]]
        both = (self._pair.truth, self._pair.found)
        truth, found = (image.read(spans).reshape(size) for image in both)
        return truth, found


def _place(ids: NDArray[np.integer], objects: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Place of each pixel's id among the objects; behind them all for the background."""
    places = np.searchsorted(objects, ids.astype(np.uint64))
    return np.where(ids > 0, places, len(objects))
