"""Maps of label planes that are computed where they are read."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_fcnseg.images.image import Image


class PlaneWise:
    """An array that is computed from labels, plane by plane, in the windows that are read.

    Parameters
    ----------
    labels
        Without channel axis; its shape is that of the array.
    compute
        Takes a part of a plane, shape ``(Y, X)``, and returns the values there.
    margin
        Pixels around a window, in Y and X, that decide its values.
    dtype
        Of the values.
    """

    def __init__(
        self,
        labels: Image,
        compute: Callable[[NDArray[Any]], NDArray[Any]],
        margin: int,
        dtype: DTypeLike,
    ) -> None:
        self.shape, self.dtype = labels.kept_shape, np.dtype(dtype)
        self._labels, self._compute, self._margin = labels, compute, margin

    def __getitem__(self, region: tuple[slice, ...]) -> NDArray[Any]:
        spans = [s.indices(n)[:2] for s, n in zip(region, self.shape, strict=True)]
        seen = [
            (max(0, start - self._margin), min(stop + self._margin, n))
            for (start, stop), n in zip(spans[-2:], self.shape[-2:], strict=True)
        ]
        labels = self._labels.read((*spans[:-2], *seen))[0]
        inside = tuple(
            slice(start - first, stop - first)
            for (start, stop), (first, _) in zip(spans[-2:], seen, strict=True)
        )
        values = np.zeros([stop - start for start, stop in spans], self.dtype)
        for plane in np.ndindex(labels.shape[:-2]):
            if labels[plane].any():
                values[plane] = self._compute(labels[plane])[inside]
        return values
