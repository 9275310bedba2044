"""A lazy image: an array-like with axes and scale, read one window at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.axes import check_axes, kept_axes
from napari_fcnseg.images.grid import Grid, Spans
from napari_fcnseg.images.mirror import Reading, mirrored_reading

Window = Mapping[str, tuple[int, int]]


class LazyArray(Protocol):
    """What an image is read from: numpy, memmap, Zarr, dask, or a reader of our own."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""

    def __getitem__(self, region: Any, /) -> Any: ...


@dataclass(frozen=True)
class Image:
    """An image that is read region by region and never held whole.

    Attributes
    ----------
    data
        The pixels, in the order of `axes`; integers, booleans or real floats.
    axes
        Letters of ``TCZYX``, one for each dimension of `data`.
    scale
        Size of a pixel along each axis, in `units`; 1 where unknown.
    units
        Unit of each axis, for example ``"micrometer"``; ``"pixel"`` where unknown.
    name
        A short name for a layer or a message.
    notes
        What a person should know of how it was read; never empty of what was changed.
    path
        File or folder that it was opened from, if any.

    Raises
    ------
    ImageError
        If there are no pixels, or of a type that is none of grey values or labels.
    """

    data: LazyArray
    axes: str
    scale: tuple[float, ...] = ()
    units: tuple[str, ...] = ()
    name: str = "image"
    notes: tuple[str, ...] = field(default=(), compare=False)
    path: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", check_axes(self.axes, self.data.shape, self.name))
        object.__setattr__(self, "scale", self.scale or (1.0,) * len(self.axes))
        object.__setattr__(self, "units", self.units or ("pixel",) * len(self.axes))
        if 0 in self.shape:
            raise ImageError(f"{self.name} is empty: its shape is {self.shape}")
        if self.dtype.kind not in "buif":
            raise ImageError(
                f"{self.name} has pixels of type {self.dtype}; integers and real numbers "
                "can be read: convert it, for example with numpy.abs"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `data`."""
        return tuple(int(n) for n in self.data.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return np.dtype(self.data.dtype)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Length of each axis, in pixels."""
        return dict(zip(self.axes, self.shape, strict=True))

    @property
    def channels(self) -> int:
        """Number of channels; 1 where there is no channel axis."""
        return self.sizes.get("C", 1)

    @property
    def kept(self) -> str:
        """Axes of a segmentation of this image: without C, in the order ``TZYX``."""
        return kept_axes(self.axes)

    @property
    def kept_shape(self) -> tuple[int, ...]:
        """Lengths of the `kept` axes."""
        return tuple(self.sizes[a] for a in self.kept)

    def along(self, axes: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """Scale and units along some axes.

        Parameters
        ----------
        axes
            Letters of `axes`, in the order that is wanted.

        Returns
        -------
        tuple of float, tuple of str
            Size of a pixel and unit along each of them.
        """
        at = [self.axes.index(a) for a in axes]
        return tuple(self.scale[i] for i in at), tuple(self.units[i] for i in at)

    def blocks(self, edge: int) -> Grid:
        """Divide the image into blocks, plane by plane.

        Parameters
        ----------
        edge
            Of a block along Y and X, in pixels.

        Returns
        -------
        Grid
            Of blocks over the kept axes; the last ones may be smaller.
        """
        steps = tuple(edge if a in "YX" else 1 for a in self.kept)
        return Grid(self.kept_shape, steps)

    def locate(self, window: Window | Spans) -> Reading:
        """Find what of `data` a window needs.

        Parameters
        ----------
        window
            As of `read`.

        Returns
        -------
        Reading
            The region of `data`, and how to mirror it to the window.
        """
        if not isinstance(window, Mapping):
            window = dict(zip(self.kept, window, strict=True))
        return mirrored_reading([window.get(a, (0, n)) for a, n in self.sizes.items()], self.shape)

    def read(self, window: Window | Spans) -> NDArray[Any]:
        """Read a window; what lies outside the image is mirrored at its border.

        Parameters
        ----------
        window
            ``((start, stop), ...)``, one pair for each kept axis, or ``{axis: pair}`` with
            missing ones read whole. Starts may be negative and stops beyond the image.

        Returns
        -------
        ndarray
            Shape ``(channels, *lengths of the kept axes)``, axes C and then `kept`.

        Raises
        ------
        ImageError
            If the underlying file cannot be read there.
        """
        reading = self.locate(window)
        try:
            block = np.asarray(self.data[reading.region])
        except ImageError:
            raise
        except Exception as error:  # readers raise what they like; say where it happened
            where = ", ".join(
                f"{a} {s.start}:{s.stop}" for a, s in zip(self.axes, reading.region, strict=True)
            )
            raise ImageError(
                f"{self.name}: cannot read {where} ({error}). The file may be damaged or "
                "have changed since it was opened"
            ) from error
        return channels_first(reading.fill(block), self.axes)


def channels_first(block: NDArray[Any], axes: str) -> NDArray[Any]:
    """Reorder a block with `axes` to C and then the kept axes; C is added if it is missing."""
    if "C" not in axes:
        block, axes = block[np.newaxis], "C" + axes
    return block.transpose([axes.index(a) for a in "C" + kept_axes(axes)])
