"""Normalisation: of the training images or of each image by itself, never per tile."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.errors import ImageError
from napari_fcnseg.images.image import Image

Kind = Literal["percentile", "mean_std"]
PERCENTILES = (1.0, 99.0)
SAMPLE_PIXELS = 2**22  # of each image, in blocks spread evenly over it
SAMPLE_BLOCK = 256


@dataclass(frozen=True)
class Normalisation:
    """``(pixel - offset) / scale`` per channel, as float32; pixels that are not finite give 0.

    Attributes
    ----------
    kind
        ``"percentile"`` maps the 1st and 99th percentile to -1 and 1, ``"mean_std"`` the
        mean to 0 and one standard deviation to 1. Nothing is clipped.
    offset, scale
        One number per channel, in grey values of the raw image; scales are positive.
    each
        Whether these are of the training images only, and every other image has its own, see
        `of`.
    """

    kind: Kind
    offset: tuple[float, ...]
    scale: tuple[float, ...]
    each: bool = False

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.offset)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def of(self, image: Image) -> "Normalisation":
        """Normalisation of an image: this one, or with `each` one that is fitted on all of it.

        An image without contrast has none of its own.
        """
        if not self.each:
            return self
        try:
            return fit_normalisation([image], self.kind, each=True)
        except ImageError:
            return self

    def constants(self, ndim: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what to subtract and what to multiply with, for ``(channels, ...)``."""
        along = (-1,) + (1,) * (ndim - 1)
        offset = np.asarray(self.offset, np.float32).reshape(along)
        return offset, (1 / np.asarray(self.scale)).astype(np.float32).reshape(along)

    def __call__(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """Normalise an array of shape ``(channels, ...)``."""
        offset, factor = self.constants(block.ndim)
        out: NDArray[np.float32] = (block.astype(np.float32) - offset) * factor
        if block.dtype.kind == "f":
            out[~np.isfinite(out)] = 0
        return out


def fit_normalisation(
    images: Sequence[Image], kind: Kind = "percentile", each: bool = False
) -> Normalisation:
    """Fit a normalisation to blocks spread over `images`.

    Parameters
    ----------
    images
        Images with equal numbers of channels. Up to 4 million pixels of each are read.
    kind, each
        See `Normalisation`.

    Raises
    ------
    ImageError
        If no pixel is finite, or all sampled pixels have one value.
    """
    samples = [sample_pixels(image) for image in images]
    offset, scale = [], []
    for channel in range(images[0].channels):
        values = np.concatenate([sample[channel] for sample in samples]).astype(np.float64)
        values = values[np.isfinite(values)]
        if not len(values):
            raise ImageError(f"channel {channel} of {images[0].name} has no finite pixel")
        if kind == "percentile":
            low, high = np.percentile(values, PERCENTILES)
            if low == high:  # sparse images: nearly all pixels are background
                low, high = values.min(), values.max()
            offset.append((low + high) / 2)
            scale.append((high - low) / 2)
        else:
            offset.append(values.mean())
            scale.append(values.std())
    if not any(scale):
        raise ImageError(
            f"all pixels of {images[0].name} that were looked at have the value "
            f"{offset[0]:g}; there is nothing to learn from"
        )
    scales = tuple(float(s) or 1.0 for s in scale)
    return Normalisation(kind, tuple(map(float, offset)), scales, each)


def sample_pixels(image: Image) -> NDArray[Any]:
    """Read pixels of shape ``(channels, n)``: the whole image, or blocks on a regular grid."""
    windows = image.blocks(SAMPLE_BLOCK)
    wanted = max(1, SAMPLE_PIXELS // SAMPLE_BLOCK**2)
    at = np.linspace(0, len(windows) - 1, min(wanted, len(windows))).round().astype(int)
    blocks = [image.read(windows[i]).reshape(image.channels, -1) for i in at]
    return np.concatenate(blocks, axis=1)
