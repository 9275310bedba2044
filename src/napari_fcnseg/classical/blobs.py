"""Bright or dark blobs, found without any stroke."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from skimage.draw import disk
from skimage.feature import blob_log

from napari_fcnseg.annotations.classes import SegClass, default_class
from napari_fcnseg.classical.options import Options
from napari_fcnseg.classical.plane import normalise_plane
from napari_fcnseg.errors import MethodError
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.limits import bounds

BACKGROUND, BLOB = default_class(1, "background"), default_class(2, "blob")
FINE = 1.15  # ratio of neighbouring scales, at most


@dataclass(frozen=True)
class Blobs(Options):
    """A `PlaneMethod` that finds blobs: maxima of the Laplacian of Gaussian over place and scale.

    Lindeberg 1998, by scikit-image. A disc of radius `r` answers most at the scale ``r / sqrt 2``.

    Attributes
    ----------
    min_radius, max_radius
        Of blobs, in pixels.
    threshold
        Weakest answer of a blob. One that is brighter than what is around it by all of the
        contrast of the plane, from the 1st to the 99th percentile, answers with 0.74.
    overlap
        Of two blobs that share a larger part of their areas the smaller one is left out.
    dark
        Whether dark blobs on bright ground are sought.
    channel
        Which one is looked at, from 0 on; -1: the mean of all, after normalisation.
    """

    min_radius: Annotated[float, bounds(1.0, 1000.0, 1.0, "Smallest radius in pixels")] = 3.0
    max_radius: Annotated[float, bounds(1.0, 1000.0, 1.0, "Largest radius in pixels")] = 15.0
    threshold: Annotated[float, bounds(0.0, 100.0, 0.05, "Weakest contrast of a blob")] = 0.2
    overlap: Annotated[float, bounds(0.0, 1.0, 0.1, "Largest part that two blobs share")] = 0.5
    dark: Annotated[bool, {"tooltip": "Dark blobs on bright ground"}] = False
    channel: Annotated[int, bounds(-1, 1000, 1, "Channel, from 0 on; -1: the mean of all")] = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_radius < self.min_radius:
            raise MethodError(
                f"max_radius = {self.max_radius} is below min_radius = {self.min_radius}: give the "
                "smallest and the largest radius of a blob in pixels"
            )

    @property
    def name(self) -> str:
        """Of the method, in the registry."""
        return "blobs"

    @property
    def classes(self) -> tuple[SegClass, ...]:
        """Background and blob."""
        return BACKGROUND, BLOB

    def check_fits(self, image: Image) -> None:
        """Raise `MethodError` if the image has no such channel."""
        if self.channel >= image.channels:
            raise MethodError(
                f"channel = {self.channel}: {image.name} has the channels 0 to "
                f"{image.channels - 1}; give one of them, or -1 for the mean of all"
            )

    def notes_on(self, image: Image, region: Spans) -> tuple[str, ...]:
        """Say nothing: all planes are labelled."""
        return ()

    def find(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Find the blobs of a plane.

        Parameters
        ----------
        pixels
            Raw pixels, shape ``(channels, Y, X)``.

        Returns
        -------
        ndarray
            Y, X and radius of each in pixels, shape ``(n, 3)``, from top to bottom.
        """
        seen = normalise_plane(pixels if self.channel < 0 else pixels[[self.channel]]).mean(0) / 2
        smallest, largest = self.min_radius / math.sqrt(2), self.max_radius / math.sqrt(2)
        found = blob_log(
            -seen if self.dark else seen,
            smallest,
            largest,
            num_sigma=1 + math.ceil(math.log(largest / smallest) / math.log(FINE)),
            threshold=self.threshold,
            overlap=self.overlap,
            log_scale=True,
        )
        blobs: NDArray[np.float64] = found[np.lexsort(found.T[::-1])] * [1, 1, math.sqrt(2)]
        return blobs

    def label_plane(self, pixels: NDArray[Any], spans: Spans) -> NDArray[np.uint8]:
        """Label discs of the blobs, and the background; see `PlaneMethod`."""
        labels = np.full(pixels.shape[1:], BACKGROUND.id, np.uint8)
        for y, x, radius in self.find(pixels):
            labels[disk((y, x), radius, shape=labels.shape)] = BLOB.id
        return labels
