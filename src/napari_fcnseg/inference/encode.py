"""What is kept of a network's scores: class ids, or probabilities in the type that one asks for."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_fcnseg.annotations.classes import SegClass
from napari_fcnseg.errors import OutputError

Kind = Literal["labels", "probabilities", "probabilities-f16", "probabilities-u8"]
DTYPES: dict[str, np.dtype[Any]] = {
    "labels": np.dtype(np.uint8),
    "probabilities": np.dtype(np.float32),
    "probabilities-f16": np.dtype(np.float16),
    "probabilities-u8": np.dtype(np.uint8),
}


def check_kind(kind: str) -> None:
    """Raise `OutputError` unless `kind` is one of those that there are."""
    if kind not in DTYPES:
        raise OutputError(f"output = {kind!r}: choose one of {', '.join(get_args(Kind))}")


def encode(scores: Tensor, kind: str, classes: Sequence[SegClass], *, logits: bool) -> NDArray[Any]:
    """Turn scores into what is written.

    Parameters
    ----------
    scores
        ``(classes, *lengths)``: logits, or probabilities where `logits` is not set.
    kind
        ``"labels"``: class ids, uint8; ``"probabilities"``: float32; ``"probabilities-f16"``:
        float16; ``"probabilities-u8"``: uint8, 255 for 1.
    classes
        In the order of the scores.

    Returns
    -------
    ndarray
        Shape ``lengths``, or ``(classes, *lengths)`` for probabilities.
    """
    if kind == "labels":
        return _winners(scores, [c.id for c in classes]).cpu().numpy()
    shares = scores.float().softmax(0) if logits else scores.float()
    if kind == "probabilities-f16":
        shares = shares.half()
    elif kind == "probabilities-u8":
        shares = shares.mul(255).round_().to(torch.uint8)
    stored: NDArray[Any] = shares.cpu().numpy()
    return stored


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
