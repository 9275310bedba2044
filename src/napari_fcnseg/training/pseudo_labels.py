"""Pseudo-labels: what a teacher is sure of where nobody painted, in tiles of images."""

from collections import defaultdict
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.grid import Spans


class PseudoLabels:
    """Class indices of pixels that a teacher is sure of (Lee 2013); filled before it is used."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, Plane], list[tuple[int, int, NDArray[np.int16]]]]
        self._tiles = defaultdict(list)

    def add(
        self,
        number: int,
        window: Spans,
        probabilities: NDArray[np.floating],
        sure: float,
    ) -> None:
        """Label a window of one plane of image `number`.

        Parameters
        ----------
        number, window
            The image, and the window along its kept axes.
        probabilities
            Shape ``(classes, Y, X)``.
        sure
            Probability from which on the most probable class is a label.
        """
        plane = tuple(start for start, _ in window[:-2])
        (top, _), (left, _) = window[-2:]
        found = probabilities.argmax(0).astype(np.int16)
        found[probabilities.max(0) < sure] = IGNORE
        self._tiles[number, plane].append((top, left, found))

    def copy(self) -> Self:
        """Return the same labels, to which others can be added."""
        return self.of(self.state_dict())

    def read(self, number: int, window: Spans) -> NDArray[np.int64]:
        """Class indices in a window of image `number`; -1 where there is none."""
        found = np.full([stop - start for start, stop in window], IGNORE, np.int64)
        *leading, (first, last), (west, east) = window
        for at in np.ndindex(found.shape[:-2]):
            plane = tuple(start + i for (start, _), i in zip(leading, at, strict=True))
            for top, left, tile in self._tiles.get((number, plane), []):
                height, width = tile.shape
                upper, lower = max(first, top), min(last, top + height)
                start, stop = max(west, left), min(east, left + width)
                if upper < lower and start < stop:
                    found[at][upper - first : lower - first, start - west : stop - west] = tile[
                        upper - top : lower - top, start - left : stop - left
                    ]
        return found

    @cached_property
    def positions(self) -> list[tuple[int, NDArray[np.int64]]]:
        """Where each class of each image is: its number and positions ``(n, axes)``."""
        found = defaultdict(list)
        for (number, plane), tiles in self._tiles.items():
            for top, left, tile in tiles:
                for index in np.unique(tile[tile != IGNORE]).tolist():
                    yx = np.argwhere(tile == index) + np.array([top, left])
                    leading = np.tile(np.array(plane, np.int64), (len(yx), 1))
                    found[number, index].append(np.hstack([leading, yx]))
        return [(number, np.concatenate(pieces)) for (number, _), pieces in found.items()]

    def state_dict(self) -> dict[str, Any]:
        """Return all labels as plain data and tensors."""
        tiles = [(*k, y, x, torch.from_numpy(t)) for k, v in self._tiles.items() for y, x, t in v]
        return {"tiles": tiles}

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """Build from a state."""
        labels = cls()
        for number, plane, top, left, tile in state["tiles"]:
            labels._tiles[number, tuple(plane)].append((top, left, tile.numpy()))
        return labels
