"""Losses over the labelled pixels only."""

import torch
from torch import Tensor
from torch.nn import functional as F

from napari_fcnseg.annotations.annotation import IGNORE

FOCUS = 2.0  # gamma of Lin et al. 2017


def masked_cross_entropy(
    logits: Tensor,
    target: Tensor,
    weights: Tensor | None = None,
    focus: float = 0.0,
    borders: Tensor | None = None,
) -> Tensor:
    """Mean cross-entropy over labelled pixels (Cicek et al. 2016: weight 0 on the others).

    Parameters
    ----------
    logits
        Shape ``(N, classes, *space)``.
    target
        Class indices, shape ``(N, *space)``; -1 where unlabelled.
    weights
        Of the classes; the mean is weighted, too.
    focus
        Times ``(1 - p) ** focus`` for a probability p of the true class: the focal loss
        (Lin et al. 2017, equation 4), to which easy pixels count little.
    borders
        Shape of `target`, 0 or more: what is added to the weight of the class, or to 1, for the
        weight of each pixel (Ronneberger et al. 2015, equation 2).

    Returns
    -------
    Tensor
        A scalar; 0 where no pixel is labelled.
    """
    labelled = target != IGNORE
    counted = labelled.sum().clamp(min=1)
    each = None if weights is None else weights[target.clamp(min=0)]
    if borders is not None:
        each = borders + (1 if each is None else each)
    if each is not None:
        counted = each.mul(labelled).sum().clamp(min=1e-6)
    if not focus and borders is None:
        total = F.cross_entropy(logits, target, weights, ignore_index=IGNORE, reduction="sum")
        return total / counted
    losses = F.cross_entropy(logits, target, ignore_index=IGNORE, reduction="none")
    if focus:
        losses = losses * (1 - torch.exp(-losses)) ** focus
    if each is not None:
        losses = losses * each
    return losses.sum() / counted  # unlabelled pixels have a loss of 0


def masked_overlap(logits: Tensor, target: Tensor, false_negatives: float = 0.5) -> Tensor:
    """Soft Dice or Tversky loss over labelled pixels, mean over the classes that have labels.

    Per class ``1 - (s + 0.5) / (s + b n + (1 - b) p + 0.5)`` with the sums, over the labelled
    pixels of the whole batch, of probability on the class (s), of what it lacks there (n), and
    of probability elsewhere (p): Salehi et al. 2017, equation 4. Shapes as
    `masked_cross_entropy`.

    Parameters
    ----------
    logits, target
        As `masked_cross_entropy`.
    false_negatives
        b; 0.5 is the Dice loss of Milletari et al. 2016, without squares.
    """
    labelled = target != IGNORE
    p = logits.softmax(1).movedim(1, -1)[labelled]
    t = F.one_hot(target[labelled], logits.shape[1]).to(p.dtype)
    present = t.sum(0) > 0
    shared = (p * t).sum(0)
    missed, wrong = t.sum(0) - shared, p.sum(0) - shared
    errors = false_negatives * missed + (1 - false_negatives) * wrong
    losses: Tensor = torch.where(present, 1 - (shared + 0.5) / (shared + errors + 0.5), 0)
    return losses.sum() / present.sum().clamp(min=1)
