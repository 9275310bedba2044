"""Images and labels seen at another pixel size, window by window.

Only Y and X are resampled. Each output pixel is computed from its own source pixels in one
order, so that a window holds just what the whole resampled image holds there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.images.image import Image, LazyArray

Factors = tuple[float, float]  # widths of an output pixel along Y and X, in source pixels
Taps = tuple[NDArray[np.intp], NDArray[np.float64]]


def resample(image: Image, factors: Factors) -> Image:
    """See an image at another pixel size: linear interpolation, with anti-aliasing.

    The weights are a triangle over two pixels of the coarser of both grids, which is linear
    interpolation where the image is enlarged, and a weighted mean of the area where it is
    shrunk. Pixels that are not finite take no part.

    Parameters
    ----------
    image
        Any; its dtype stays, whole numbers are rounded.
    factors
        Width of a pixel of the result along Y and X, in pixels of `image`: 2 shrinks by half.

    Returns
    -------
    Image
        Lazy, Y and X of ``max(1, round(n / factor))`` pixels, scaled accordingly.
    """
    data = _Pixels(image.data, image.axes, factors)
    by_axis = dict(zip("YX", factors, strict=True))
    scale = tuple(s * by_axis.get(a, 1) for a, s in zip(image.axes, image.scale, strict=True))
    return replace(image, data=data, scale=scale)


def resample_labels(labels: Image, factors: Factors, zero_counts: bool = False) -> Image:
    """See labels at another pixel size; values stay values, and thin strokes stay.

    A pixel of the result holds the label that most of the source pixels have whose middles it
    covers; it is unlabelled only if all of them are. Of equals the smallest value wins. Where
    the image is enlarged, it holds the label of the nearest source pixel.

    Parameters
    ----------
    labels
        Whole numbers without channel axis.
    factors
        As those of the image, see `resample`.
    zero_counts
        Whether 0 is a label like any other; else it is unlabelled.
    """
    return replace(labels, data=_Labels(labels.data, labels.axes, factors, zero_counts))


@dataclass(frozen=True)
class _Axis:
    """`n` source pixels, seen as pixels that are `factor` of them wide."""

    n: int
    factor: float

    @property
    def length(self) -> int:
        return max(1, round(self.n / self.factor))

    def taps(self, start: int, stop: int) -> Taps:
        """Source pixels and their weights for pixels `start` to `stop`, ``(taps, pixels)``."""
        reach = max(self.factor, 1.0)
        middle = (np.arange(start, stop) + 0.5) * self.factor - 0.5
        at = np.floor(middle - reach).astype(np.intp)
        at = at + np.arange(1, math.ceil(2 * reach) + 1)[:, None]
        weights = np.maximum(0, 1 - np.abs(at - middle) / reach)
        weights[(at < 0) | (at >= self.n)] = 0
        return at.clip(0, self.n - 1), weights / weights.sum(axis=0)

    def nearest(self, start: int, stop: int) -> NDArray[np.intp]:
        """Source pixel under the middle of each pixel."""
        middle = (np.arange(start, stop) + 0.5) * self.factor
        found: NDArray[np.intp] = np.minimum(np.floor(middle), self.n - 1).astype(np.intp)
        return found

    def cells(self, start: int, stop: int) -> NDArray[np.intp]:
        """Borders of what pixels cover, one more than pixels; none is empty if `factor` >= 1."""
        borders: NDArray[np.intp]
        borders = np.ceil(np.arange(start, stop + 1) * self.factor - 0.5).astype(np.intp)
        if stop == self.length:
            borders[-1] = self.n  # the last one takes what is left
        return borders


class _View:
    """A lazy array over another one whose Y and X are resampled."""

    def __init__(self, data: LazyArray, axes: str, factors: Factors) -> None:
        self._data, self.dtype = data, np.dtype(data.dtype)
        places = [axes.index(a) for a in "YX"]
        self._axes = {
            at: _Axis(data.shape[at], factor) for at, factor in zip(places, factors, strict=True)
        }
        self.shape = tuple(
            self._axes[i].length if i in self._axes else n for i, n in enumerate(data.shape)
        )

    def _spans(self, region: tuple[slice, ...]) -> dict[int, tuple[int, int]]:
        return {at: region[at].indices(self.shape[at])[:2] for at in self._axes}

    def _read(
        self, region: tuple[slice, ...], spans: Mapping[int, tuple[int, int]]
    ) -> NDArray[Any]:
        """Read source pixels, `spans` of the resampled axes."""
        inside = [slice(*spans[i]) if i in spans else s for i, s in enumerate(region)]
        return np.asarray(self._data[tuple(inside)])


class _Pixels(_View):
    """Grey values, interpolated."""

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        taps = {at: self._axes[at].taps(*span) for at, span in self._spans(region).items()}
        spans = {at: (int(i.min()), int(i.max()) + 1) for at, (i, _) in taps.items()}
        block = self._read(region, spans)
        taps = {at: (i - spans[at][0], weights) for at, (i, weights) in taps.items()}
        small = self.dtype.itemsize <= 2 or self.dtype == np.float32
        values = block.astype(np.float32 if small else np.float64)
        if self.dtype.kind != "f":
            whole: NDArray[Any] = np.rint(_mean(values, taps)).astype(self.dtype)
            return whole
        gone = ~np.isfinite(values)
        if not gone.any():
            return _mean(values, taps).astype(self.dtype)
        mean = _mean(np.where(gone, 0, values), taps)
        lost = _mean(gone.astype(values.dtype), taps)
        known = np.where(lost > 1 - 1e-6, np.nan, 1 - lost)
        found: NDArray[Any] = np.where(lost > 0, mean / known, mean).astype(self.dtype)
        return found


class _Labels(_View):
    """Label values, voted on."""

    def __init__(self, data: LazyArray, axes: str, factors: Factors, zero_counts: bool) -> None:
        super().__init__(data, axes, factors)
        self._zero_counts = zero_counts

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        asked = self._spans(region)
        shrunk = {a: self._axes[a].cells(*asked[a]) for a in asked if self._axes[a].factor >= 1}
        near = {a: self._axes[a].nearest(*asked[a]) for a in asked if a not in shrunk}
        spans = {a: (int(at[0]), int(at[-1])) for a, at in shrunk.items()}
        spans |= {a: (int(at[0]), int(at[-1]) + 1) for a, at in near.items()}
        block = self._read(region, spans)
        for axis, at in near.items():
            block = block.take(at - at[0], axis)
        if not shrunk:
            return block
        starts = {axis: borders[:-1] - borders[0] for axis, borders in shrunk.items()}
        return _most(block, starts, self._zero_counts)


def _mean(values: NDArray[Any], taps: Mapping[int, Taps]) -> NDArray[Any]:
    """Weighted mean along each axis, tap by tap: the order of a sum decides its last bits."""
    for axis, (at, weights) in taps.items():
        along = [1] * values.ndim
        along[axis] = -1
        shares = weights.astype(values.dtype)
        total = values.take(at[0], axis) * shares[0].reshape(along)
        for i, share in zip(at[1:], shares[1:], strict=True):
            total += values.take(i, axis) * share.reshape(along)
        values = total
    return values


def _most(
    block: NDArray[Any], starts: Mapping[int, NDArray[np.intp]], zero_counts: bool
) -> NDArray[Any]:
    """Label with most pixels in each cell; `starts` of the cells along the shrunk axes."""
    shape = [len(starts[i]) if i in starts else n for i, n in enumerate(block.shape)]
    winner, most = np.zeros(shape, block.dtype), np.zeros(shape, np.int64)
    for value in np.unique(block):
        if value == 0 and not zero_counts:
            continue
        votes = (block == value).astype(np.int64)
        for axis, at in starts.items():
            votes = np.add.reduceat(votes, at, axis)
        winner[votes > most] = value
        most = np.maximum(most, votes)
    return winner
