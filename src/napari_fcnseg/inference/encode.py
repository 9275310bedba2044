"""What is kept of a network's scores: class ids, probabilities, or how sure they are."""

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import OutputError

Kind = Literal[
    "labels", "probabilities", "probabilities-f16", "probabilities-u8", "entropy", "disagreement"
]
DTYPES: dict[str, np.dtype[Any]] = {
    "labels": np.dtype(np.uint8),
    "probabilities": np.dtype(np.float32),
    "probabilities-f16": np.dtype(np.float16),
    "probabilities-u8": np.dtype(np.uint8),
    "entropy": np.dtype(np.float32),
    "disagreement": np.dtype(np.float32),
}
OPINIONS = "opinions"  # what views and models hand over to be averaged; never written


def check_kind(kind: str) -> None:
    """Raise `OutputError` unless `kind` is one of those that there are."""
    if kind not in DTYPES:
        raise OutputError(f"output = {kind!r}: choose one of {', '.join(get_args(Kind))}")


def leading(kind: str, classes: int) -> tuple[int, ...]:
    """Lengths of the axes that a kind has before those of the image."""
    if kind == OPINIONS:
        return (classes + 1,)
    return (classes,) if kind.startswith("probabilities") else ()


def opinion(logits: Tensor) -> Tensor:
    """Probabilities of one view of one model and, as one more row, their entropy.

    Means of them over views, models and tiles are all that `encode` needs.
    """
    shares = logits.float().softmax(0)
    return torch.cat([shares, _entropy(shares)[None]])


def encode(scores: Tensor, kind: str, classes: Sequence[SegClass], *, logits: bool) -> NDArray[Any]:
    """Turn scores into what is written.

    Parameters
    ----------
    scores
        ``(classes, *lengths)``: logits, or probabilities where `logits` is not set; for
        ``"disagreement"`` means of `opinion`.
    kind
        ``"labels"``: class ids, uint8; ``"probabilities"``: float32; ``"probabilities-f16"``:
        float16; ``"probabilities-u8"``: uint8, 255 for 1. ``"entropy"`` of the probabilities,
        and ``"disagreement"`` of several opinions: float32, divided by the logarithm of the
        number of classes, so that 0 is sure and 1 as unsure as can be. Disagreement is the
        mutual information of class and opinion, the entropy of the mean less the mean of the
        entropies: Houlsby et al., 2011, arXiv 1112.5745, equation 2, with views and models in
        the place of weights.
    classes
        In the order of the scores.

    Returns
    -------
    ndarray
        Shape ``lengths``, or ``(classes, *lengths)`` for probabilities.
    """
    count = len(classes)
    if kind == "labels":
        return _winners(scores[:count], [c.id for c in classes]).cpu().numpy()
    if logits:
        scores = opinion(scores) if has_opinions(kind) else scores.float().softmax(0)
    shares = scores if kind == OPINIONS else scores[:count].float()
    if kind in ("entropy", "disagreement"):
        unsure = _entropy(shares)
        unsure = unsure - scores[count] if kind == "disagreement" else unsure
        shares = unsure.div_(math.log(max(2, count))).clamp_(0, 1)  # of rounding
    elif kind == "probabilities-f16":
        shares = shares.half()
    elif kind == "probabilities-u8":
        shares = shares.mul(255).round_().to(torch.uint8)
    stored: NDArray[Any] = shares.cpu().numpy()
    return stored


def has_opinions(kind: str) -> bool:
    """Whether a kind is made of what each `opinion` says, not of their mean alone."""
    return kind in ("disagreement", OPINIONS)


def _entropy(shares: Tensor) -> Tensor:
    """Entropy of probabilities along the first axis, in nats."""
    entropy: Tensor = torch.special.entr(shares).sum(0)
    return entropy


def _winners(scores: Tensor, ids: Sequence[int]) -> Tensor:
    """Id of the first of the largest scores.

    On a processor a running maximum beats argmax ten times, and bits beat `masked_fill`.
    """
    best, *others = scores
    winners = torch.full_like(best, ids[0], dtype=torch.uint8)
    for number, (score, index) in enumerate(zip(others, ids[1:], strict=True)):
        better = (score > best).view(torch.uint8).mul_(255)
        winners ^= (winners ^ index) & better
        if score is not others[-1]:
            best = torch.maximum(best, score, out=best if number else None)
    return winners
