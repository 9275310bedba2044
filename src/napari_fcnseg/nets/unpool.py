"""Max-pooling that remembers where the maxima were, and its undoing."""

from torch import Tensor, nn
from torch.nn import functional as F


class IndexPool(nn.Module):
    """2 x 2 max-pooling; returns the maxima and their places."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pool ``(N, C, Y, X)`` with even Y and X to ``(N, C, Y / 2, X / 2)``, twice."""
        pooled, places = F.max_pool2d(x, 2, return_indices=True)
        return pooled, places

    def influence(self) -> nn.Module:
        """Pass influence on, of which the places have as much as the maxima."""
        return _InfluencePool()


class Unpool(nn.Module):
    """Put values back to the places of the maxima; all else is 0 (Zeiler and Fergus 2014)."""

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """Unpool ``(N, C, Y, X)`` to ``(N, C, 2 Y, 2 X)``."""
        n, c, y, xs = x.shape  # PyTorch's own function cannot be traced
        values = x.new_zeros(n, c, 4 * y * xs).scatter(2, places.flatten(2), x.flatten(2))
        return values.view(n, c, 2 * y, 2 * xs)

    def influence(self) -> nn.Module:
        """Pass influence on, to any place of a block."""
        return _InfluenceUnpool()


def descend(encoder: nn.ModuleList, pool: nn.Module, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Go down through an encoder; returns the deepest maps, and the places of each pool."""
    places = []
    for stage in encoder:
        x, where = pool(stage(x))
        places.append(where)
    return x, places


def ascend(decoder: nn.ModuleList, unpool: nn.Module, x: Tensor, places: list[Tensor]) -> Tensor:
    """Go up through a decoder, putting maps back to their `places`, the last ones first."""
    for stage, where in zip(decoder, reversed(places), strict=True):
        x = stage(unpool(x, where))
    return x


class _InfluencePool(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pooled = F.max_pool2d(x.amax(1, keepdim=True), 2)
        return pooled, pooled


class _InfluenceUnpool(nn.Module):
    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        return F.interpolate(x.amax(1, keepdim=True) + places, scale_factor=2, mode="nearest")
