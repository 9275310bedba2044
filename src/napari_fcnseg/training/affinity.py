"""A loss of pixels that nobody painted: neighbours that look alike belong together."""

import torch
from torch import Tensor
from torch.nn import functional as F

STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))  # directions, half of them as pairs have two ends
DISTANCES = (1, 2, 4)  # pixels
NEAR = 3.0  # standard deviation of the weight over distance, in pixels
ALIKE = 0.2  # and over grey values; normalised images go from about -1 to 1
SMOOTH = 5  # pixels over which grey values are averaged first, as noise is no edge


def affinity_loss(logits: Tensor, images: Tensor) -> Tensor:
    """Probability that neighbours belong to different classes, where they look alike.

    The mean over pairs of pixels i and j, up to 4 apart along Y, X and the diagonals, of
    ``1 - sum_c p_ic p_jc``, weighted by
    ``exp(-d_ij^2 / 2 near^2 - |x_i - x_j|^2 / 2 alike^2)`` for grey values x: the Potts energy of
    a dense CRF, in a window (Obukhov et al. 2019, gated CRF loss, equations 2 to 4).

    Parameters
    ----------
    logits
        Shape ``(N, classes, *space)``.
    images
        Normalised, shape ``(N, channels, *space)`` with as many pixels or more around.
    """
    for axis, n in enumerate(logits.shape[2:], 2):
        images = images.narrow(axis, (images.shape[axis] - n) // 2, n)
    planes = images.movedim(1, -3).flatten(0, -4) if images.ndim == 5 else images
    p = logits.softmax(1)
    p = p.movedim(1, -3).flatten(0, -4) if p.ndim == 5 else p
    planes = F.avg_pool2d(planes, SMOOTH, 1, SMOOTH // 2, count_include_pad=False)
    total, weights = torch.zeros((), device=p.device), torch.zeros((), device=p.device)
    for distance in DISTANCES:
        for step in STEPS:
            dy, dx = (distance * along for along in step)
            apart = (dy**2 + dx**2) / (2 * NEAR**2)
            x, y = _pair(planes, dy, dx)
            alike = torch.exp(-(x - y).square().sum(1) / (2 * ALIKE**2) - apart)
            a, b = _pair(p, dy, dx)
            total = total + (alike * (1 - (a * b).sum(1))).sum()
            weights = weights + alike.sum()
    loss: Tensor = total / weights.clamp(min=1e-6)
    return loss


def _pair(x: Tensor, dy: int, dx: int) -> tuple[Tensor, Tensor]:
    """Return all pixels that have a neighbour at `dy`, `dx`, and those neighbours."""
    height, width = x.shape[-2:]
    left, right = max(0, -dx), max(0, dx)
    first = x[..., : height - dy, left : width - right]
    return first, x[..., dy:, left + dx : width - right + dx]
