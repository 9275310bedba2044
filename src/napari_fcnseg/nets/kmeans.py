"""Clusters of colours, as a network: each pixel belongs to the nearest."""

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.fitted import FittedNet

RARE = 1e-6  # probability of a class that no label of a cluster has: its logarithm is finite


class KMeans(FittedNet):
    """Nearest of several centres (Lloyd 1982): ``(N, C, Y, X)`` to logits ``(N, classes, Y, X)``.

    A pixel has the probabilities of the classes that labels of its cluster have.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    clusters
        How many centres there are.

    Attributes
    ----------
    centres
        Normalised grey values or colours, ``(clusters, in_channels)``.
    shares
        Of the classes in each cluster, ``(clusters, classes)``.
    """

    def __init__(self, in_channels: int = 1, classes: int = 2, *, clusters: int = 8) -> None:
        super().__init__()
        if clusters < 1:
            raise NetError(f"clusters = {clusters}: there must be at least 1")
        self.in_channels, self.classes = in_channels, classes
        self.nearest = Nearest(clusters, in_channels, classes)

    @property
    def margin(self) -> tuple[int, ...]:
        """A pixel is seen by itself."""
        return (0, 0)

    def features(self, x: Tensor) -> Tensor:
        """Its channels."""
        return x

    def classify(self, features: Tensor) -> Tensor:
        """Logits of the clusters of pixels."""
        logits: Tensor = self.nearest(features)
        return logits


class Nearest(nn.Module):
    """Centres, and what the clusters around them say; before they are found, nothing."""

    def __init__(self, clusters: int, channels: int, classes: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(clusters, channels), requires_grad=False)
        self.shares = nn.Parameter(
            torch.full((clusters, classes), 1 / classes), requires_grad=False
        )

    def influence(self) -> nn.Module:
        """Pass influence on: a pixel sees itself."""
        return nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ``(N, C, Y, X)``."""
        return (self.shares + RARE).log()[self.number(x)].movedim(-1, 1)

    def number(self, x: Tensor) -> Tensor:
        """Which centre is nearest, ``(N, Y, X)``; the first of several."""
        least, nearest = self._away(x, 0), torch.zeros_like(x[:, 0], dtype=torch.long)
        for number in range(1, len(self.centres)):
            away = self._away(x, number)
            nearest = torch.where(away < least, number, nearest)
            least = torch.minimum(least, away)
        return nearest

    def _away(self, x: Tensor, number: int) -> Tensor:
        return (x - self.centres[number].view(1, -1, 1, 1)).square().sum(1)
