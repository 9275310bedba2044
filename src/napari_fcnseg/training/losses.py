"""Losses over the labelled pixels only."""

import torch
from torch import Tensor
from torch.nn import functional as F

from napari_fcnseg.annotations.annotation import IGNORE


def masked_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean cross-entropy over labelled pixels (Cicek et al. 2016: weight 0 on the others).

    Parameters
    ----------
    logits
        Shape ``(N, classes, *space)``.
    target
        Class indices, shape ``(N, *space)``; -1 where unlabelled.

    Returns
    -------
    Tensor
        A scalar; 0 where no pixel is labelled.
    """
    total = F.cross_entropy(logits, target, ignore_index=IGNORE, reduction="sum")
    return total / (target != IGNORE).sum().clamp(min=1)


def masked_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Soft Dice loss over labelled pixels, mean over the classes that have labels.

    Per class ``1 - (2 sum p t + 1) / (sum p + sum t + 1)``, with probabilities p and
    truth t of the labelled pixels of the whole batch. Shapes as `masked_cross_entropy`.
    """
    labelled = target != IGNORE
    p = logits.softmax(1).movedim(1, -1)[labelled]
    t = F.one_hot(target[labelled], logits.shape[1]).to(p.dtype)
    present = t.sum(0) > 0
    score = (2 * (p * t).sum(0) + 1) / (p.sum(0) + t.sum(0) + 1)
    losses: Tensor = torch.where(present, 1 - score, 0)
    return losses.sum() / present.sum().clamp(min=1)
