"""What a pixel's neighbourhood does to its class: a CRF, smoothing, thresholds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.refine.crf import Crf

CUT = 4.0  # standard deviations at which a Gaussian ends
LEAST = 1e-6  # probability that a logarithm is taken of


@dataclass(frozen=True)
class Local:
    """Steps that turn probabilities into classes, plane by plane.

    Attributes
    ----------
    crf
        Its neighbours in the image, see `Crf`; ``None``: none.
    smooth
        Standard deviation, in pixels, of a Gaussian over the probabilities; 0: none.
    thresholds
        By class id: the class wins whose probability is the largest multiple of its threshold. Of
        two classes, with thresholds that add up to 1, it is where its own is reached. By default
        all have the same.
    """

    crf: Crf | None = None
    smooth: float = 0.0
    thresholds: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.smooth >= 0:
            raise RecipeError(f"smooth = {self.smooth}: give a number of pixels, 0 or more")
        for class_id, value in self.thresholds.items():
            if not 0 < value < 1:
                raise RecipeError(
                    f"the threshold of {class_id} is {value}: give one between 0 and 1"
                )

    @property
    def halo(self) -> int:
        """Pixels around a block that decide of it."""
        return (self.crf.halo if self.crf else 0) + math.ceil(CUT * self.smooth)

    def classes(
        self,
        shares: NDArray[np.floating],
        image: NDArray[np.number] | None,
        ids: Sequence[int],
        device: torch.device,
    ) -> NDArray[np.uint8]:
        """Decide the class of every pixel of a plane.

        Parameters
        ----------
        shares
            Probabilities, shape ``(classes, Y, X)``.
        image
            Shape ``(channels, Y, X)``, for the CRF.
        ids
            Of the classes.
        device
            Where the CRF is computed.
        """
        if self.crf and image is not None:
            logits = torch.from_numpy(np.log(np.maximum(shares, LEAST), dtype=np.float32))
            pixels = torch.from_numpy(np.asarray(image, np.float32))
            shares = self.crf.refine(logits.to(device), pixels.to(device)).cpu().numpy()
        if self.smooth:
            reach = math.ceil(CUT * self.smooth)
            sigma = (0, self.smooth, self.smooth)
            shares = gaussian_filter(shares, sigma, mode="mirror", radius=(0, reach, reach))
        if self.thresholds:
            each = np.array([self.thresholds.get(i, 1 / len(ids)) for i in ids])
            shares = shares / each[:, None, None]
        found: NDArray[np.uint8] = np.array(ids, np.uint8)[shares.argmax(0)]
        return found
