"""Random walks from every pixel: the class whose strokes they most probably reach first."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import random_walker

from napari_fcnseg.classical.plane import normalise_plane, smooth
from napari_fcnseg.classical.stroke_method import PlaneLabeller
from napari_fcnseg.images.image import Image
from napari_fcnseg.limits import bounds

DIRECT = 2**21  # pixels of a plane whose equations are solved at once: 2 GB for a million of them
SLOW = 2**19  # pixels from which on it takes many seconds


@dataclass(frozen=True)
class RandomWalk(PlaneLabeller):
    """Random walker (Grady 2006), by scikit-image.

    Attributes
    ----------
    beta
        How hard it is to walk across an edge: a step over a difference `d` of normalised grey
        values has the weight ``exp(-beta d^2 / (10 s))``, where `s` is their standard deviation.
    sigma
        Of a Gaussian over the image, in pixels: noise is no edge.
    """

    beta: Annotated[float, bounds(1.0, 1e6, 100.0, "How hard it is to walk across an edge")] = 1e3
    sigma: Annotated[float, bounds(0.0, 50.0, 0.5, "Smoothing before, in pixels")] = 1.0

    def label(self, pixels: NDArray[Any], strokes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Label all of a plane; see `PlaneLabeller`."""
        if strokes.all():
            return strokes
        seen, beta = smooth(normalise_plane(pixels), self.sigma), self.beta
        if not seen.any():  # one grey value, whose deviation cannot divide: only distance counts
            seen, beta = np.indices(strokes.shape).astype(float), 0.0
        # The iterative solver is 10 times slower, but takes a fifth of the memory.
        mode = "bf" if strokes.size <= DIRECT else "cg_j"
        places = random_walker(seen, strokes, beta, mode, prob_tol=np.inf, channel_axis=0)
        # Classes come back counted from 1 on.
        found: NDArray[np.uint8] = np.unique(strokes[strokes > 0])[places - 1]
        return np.where(strokes, strokes, found)

    def remarks(self, image: Image) -> tuple[str, ...]:
        """Say so where a plane takes long."""
        height, width = image.kept_shape[-2:]
        if height * width <= SLOW:
            return ()
        return (
            f"a random walk on planes of {height} x {width} pixels takes from tens of seconds to "
            "many minutes each; watershed and growing take seconds",
        )
