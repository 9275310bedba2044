"""Classifiers that learn all labels at once, in the place of a network."""

from abc import abstractmethod

from torch import Tensor

from napari_fcnseg.nets.base import SegmentationNet


class FittedNet(SegmentationNet):
    """Classifies each pixel by its features; no gradient teaches it.

    It is tiled, saved and run as networks are.
    """

    fitted = True

    @property
    def stride(self) -> tuple[int, ...]:
        """Each pixel has its own features."""
        return (1,) * self.ndim

    @property
    def min_size(self) -> tuple[int, ...]:
        """What the features of one pixel are made of."""
        return tuple(2 * m + 1 for m in self.margin)

    @property
    def parameter_count(self) -> int:
        """None: no gradient changes its tables."""
        return 0

    @abstractmethod
    def features(self, x: Tensor) -> Tensor:
        """Features of each pixel that has its surroundings in `x`, ``(N, features, *space)``."""

    @abstractmethod
    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(N, classes, *space)`` of features."""

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of each pixel that has its surroundings in `x`."""
        self.check_input(x)
        return self.classify(self.features(x))
