"""Dense CRF: neighbours that look alike agree on a class, found by mean field in a window."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from napari_fcnseg.errors import ImageError, RecipeError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import fit_normalisation

Offset = tuple[int, int]
_View = tuple[slice, slice]
TINY = 1e-12
EIGHT_BIT = 10.0  # grey values that neighbours may differ by in images of uint8
SHARE = 0.04  # of the grey values' range that they may differ by in others


@dataclass(frozen=True)
class Crf:
    """A conditional random field whose pixels are joined to all in a disk around them.

    The model of Krähenbühl and Koltun 2011 (equations 1 to 3), with Potts compatibility. The
    kernel of two pixels `d` apart, whose grey values differ by `c`, is ::

        appearance * exp(-d^2 / (2 reach^2) - c^2 / (2 contrast^2))
        + smoothness * exp(-d^2 / (2 blur^2))

    Each of the two is divided by the root of its sums around both pixels, so that a weight is how
    much neighbours can say in all, as a difference of logits: 3 is odds of 20.

    Attributes
    ----------
    appearance, reach, contrast
        Weight of neighbours that look alike; how far they are in pixels, and how much they may
        differ in units of the image: standard deviations of the Gaussians. A `contrast` of 0 is
        that of the image, see `of`.
    smoothness, blur
        Weight of all near neighbours, and how near in pixels.
    radius, step
        Of the disk of neighbours, in pixels; every `step`-th of them along Y and X counts.
    iterations
        Of the mean field.

    Raises
    ------
    RecipeError
        If a number is none, or out of range.
    """

    appearance: float = 3.0
    reach: float = 8.0
    contrast: float = 0.0
    smoothness: float = 1.0
    blur: float = 2.0
    radius: int = 15
    step: int = 3
    iterations: int = 5

    def __post_init__(self) -> None:
        for name in ("reach", "blur"):
            if not getattr(self, name) > 0:
                raise RecipeError(f"{name} = {getattr(self, name)}: give a number above 0")
        for name in ("appearance", "contrast", "smoothness"):
            if not getattr(self, name) >= 0:
                raise RecipeError(f"{name} = {getattr(self, name)}: give 0 or more")
        for name in ("radius", "step", "iterations"):
            if getattr(self, name) < 1:
                raise RecipeError(f"{name} = {getattr(self, name)}: give 1 or more")

    def of(self, image: Image) -> "Crf":
        """CRF with the contrast of an image, where it is 0.

        That is 10 grey values of uint8; of other types 4 % of the range between the 1st and the
        99th percentile, the mean of the channels.

        Parameters
        ----------
        image
            What is going to be refined; its grey values are sampled.

        Returns
        -------
        Crf
            The same one if it has a contrast.
        """
        if self.contrast:
            return self
        if image.dtype == "u1":
            return replace(self, contrast=EIGHT_BIT)
        try:
            half = fit_normalisation([image]).scale
        except ImageError:  # all pixels are alike, whatever they may differ by
            return replace(self, contrast=1.0)
        return replace(self, contrast=SHARE * 2 * sum(half) / len(half))

    @property
    def halo(self) -> int:
        """Pixels that a pixel's result depends on: those of each iteration, and of the sums."""
        return (self.iterations + 1) * self._far * self.step

    @property
    def _far(self) -> int:
        return self.radius // self.step

    @property
    def offsets(self) -> Iterator[Offset]:
        """One of each pair of opposite neighbours: how far along Y and X, in pixels."""
        for y in range(self._far + 1):
            for x in range(-self._far if y else 1, self._far + 1):
                if math.hypot(y, x) * self.step <= self.radius:
                    yield y * self.step, x * self.step

    @torch.inference_mode()
    def refine(self, logits: Tensor, image: Tensor) -> Tensor:
        """Return probabilities that heed their neighbours.

        Parameters
        ----------
        logits
            Of the classes, or logarithms of their probabilities; shape ``(classes, Y, X)``.
        image
            Shape ``(channels, Y, X)``, on the same device.

        Returns
        -------
        Tensor
            Probabilities, float32, shape ``(classes, Y, X)``.

        Raises
        ------
        RecipeError
            If the contrast is not known, see `of`.
        """
        if not self.contrast:
            raise RecipeError("contrast = 0: give that of the image, or take crf.of(image)")
        logits, image = logits.float(), image.float()
        pairs = [(o, *_views(o, *logits.shape[-2:])) for o in self.offsets]
        kernels = self._kernels(image, pairs)
        shares = logits.softmax(0)
        for _ in range(self.iterations):
            message = torch.zeros_like(shares)
            for kernel, (_, here, there) in zip(kernels, pairs, strict=True):
                message[(..., *here)].addcmul_(kernel, shares[(..., *there)])
                message[(..., *there)].addcmul_(kernel, shares[(..., *here)])
            shares = (logits + message).softmax(0)
        return shares

    def _kernels(self, image: Tensor, pairs: list[tuple[Offset, _View, _View]]) -> list[Tensor]:
        """Weight of each pair of pixels, by offset."""
        sums = torch.zeros((2, *image.shape[-2:]), device=image.device)
        raw = []
        for (y, x), here, there in pairs:
            far = y * y + x * x
            differs = (image[(..., *here)] - image[(..., *there)]).square_().sum(0)
            alike = differs.div_(-2 * self.contrast**2).sub_(far / (2 * self.reach**2)).exp_()
            near = math.exp(-far / (2 * self.blur**2))
            for view in (here, there):
                sums[(0, *view)] += alike
                sums[(1, *view)] += near
            raw.append((alike, near))
        alone = sums.clamp_(min=TINY).rsqrt_()
        return [
            self.appearance * alike * alone[(0, *here)] * alone[(0, *there)]
            + self.smoothness * near * alone[(1, *here)] * alone[(1, *there)]
            for (alike, near), (_, here, there) in zip(raw, pairs, strict=True)
        ]


def _views(offset: Offset, height: int, width: int) -> tuple[_View, _View]:
    """Where both pixels of each pair lie."""
    y, x = offset
    rows = slice(0, max(0, height - y)), slice(min(y, height), height)
    if x >= 0:
        columns = slice(0, max(0, width - x)), slice(min(x, width), width)
    else:
        columns = slice(min(-x, width), width), slice(0, max(0, width + x))
    return (rows[0], columns[0]), (rows[1], columns[1])
