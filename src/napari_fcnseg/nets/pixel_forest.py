"""The pixel classifier: a random forest over features of single pixels, as a network."""

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.fitted import FittedNet
from napari_fcnseg.nets.pixel_features import PixelFeatures

RARE = 1e-6  # probability of what no tree says: its logarithm is finite
CHUNK = 2**16  # pixels that go down a tree at once


class PixelForest(FittedNet):
    """Random forest (Breiman 2001) over `PixelFeatures`: ``(N, C, Y, X)`` to logits.

    The method of ilastik (Berg et al. 2019) and Labkit. Outputs are ``(N, classes, Y - 132,
    X - 132)``: logarithms of the mean over trees of the classes' shares in a leaf.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    trees
        How many.
    leaves
        Of a tree, at most.

    Attributes
    ----------
    trees
        Their nodes.
    """

    def __init__(
        self, in_channels: int = 1, classes: int = 2, *, trees: int = 50, leaves: int = 1024
    ) -> None:
        super().__init__()
        for what, count in (("trees", trees), ("leaves", leaves)):
            if count < 1:
                raise NetError(f"{what} = {count}: a forest needs at least 1")
        self.in_channels, self.classes = in_channels, classes
        self.seen = PixelFeatures()
        self.trees = Trees(trees, 2 * leaves - 1, classes)

    @property
    def margin(self) -> tuple[int, ...]:
        """What the widest Gaussian sees."""
        return (PixelFeatures.margin,) * 2

    def features(self, x: Tensor) -> Tensor:
        """``(N, 24 C, Y - 132, X - 132)``."""
        found: Tensor = self.seen(x)
        return found

    def classify(self, features: Tensor) -> Tensor:
        """Send each pixel down the trees."""
        logits: Tensor = self.trees(features)
        return logits


class Trees(nn.Module):
    """Decision trees as tables of nodes; before they are grown each is one leaf.

    Attributes
    ----------
    feature, threshold, left, right
        Of the nodes of each tree, ``(trees, nodes)``: a pixel goes left where its feature is not
        above the threshold. A leaf leads to itself.
    shares
        Of the classes in each node, ``(trees, nodes, classes)``.
    depth
        Steps from the root of each tree to its deepest leaf, ``(trees,)``.
    """

    depth: Tensor
    feature: Tensor
    left: Tensor
    right: Tensor

    def __init__(self, trees: int, nodes: int, classes: int) -> None:
        super().__init__()
        itself = torch.arange(nodes, dtype=torch.int16 if nodes < 2**15 else torch.int32)
        self.threshold = nn.Parameter(torch.zeros(trees, nodes), requires_grad=False)
        self.shares = nn.Parameter(
            torch.full((trees, nodes, classes), 1 / classes), requires_grad=False
        )
        self.register_buffer("feature", torch.zeros_like(itself).repeat(trees, 1))
        self.register_buffer("left", itself.repeat(trees, 1))
        self.register_buffer("right", itself.repeat(trees, 1))
        self.register_buffer("depth", torch.zeros(trees, dtype=torch.int32))

    def influence(self) -> nn.Module:
        """Pass influence on: a pixel sees its own features."""
        return nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(N, classes, Y, X)`` of features ``(N, F, Y, X)``."""
        pixels = x.movedim(1, -1).flatten(0, -2)
        found = torch.cat([self._mean(part) for part in pixels.split(CHUNK)])
        return found.add(RARE).log().reshape(x.shape[0], *x.shape[2:], -1).movedim(-1, 1)

    def _mean(self, pixels: Tensor) -> Tensor:
        """Mean shares ``(n, classes)`` of pixels ``(n, features)``."""
        steps = [1] * len(self.depth) if pixels.is_meta else self.depth.tolist()
        first = torch.arange(len(pixels), dtype=torch.int32, device=pixels.device)
        first, values = first * pixels.shape[1], pixels.flatten()
        found = pixels.new_zeros(len(pixels), self.shares.shape[2])
        for tree, depth in enumerate(steps):
            node, threshold = torch.zeros_like(first), self.threshold[tree]
            feature, left, right = (t[tree].int() for t in (self.feature, self.left, self.right))
            ways = torch.stack([left, right], 1).flatten()
            for _ in range(depth):
                value = values.index_select(0, feature.index_select(0, node) + first)
                above = value > threshold.index_select(0, node)
                node = ways.index_select(0, 2 * node + above)
            found += self.shares[tree].index_select(0, node)
        return found / len(steps)
