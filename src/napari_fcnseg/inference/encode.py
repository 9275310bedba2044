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
        ids = np.array([c.id for c in classes], np.uint8)
        found: NDArray[Any] = ids[_winners(scores).cpu().numpy()]
        return found
    shares = scores.float().softmax(0) if logits else scores.float()
    if kind == "probabilities-f16":
        shares = shares.half()
    elif kind == "probabilities-u8":
        shares = shares.mul(255).round_().to(torch.uint8)
    stored: NDArray[Any] = shares.cpu().numpy()
    return stored


def _winners(scores: Tensor) -> Tensor:
    """First index of the largest of few classes; a running maximum beats argmax ten times."""
    best = scores[0]
    winners = torch.zeros_like(best, dtype=torch.uint8)
    for index in range(1, len(scores)):
        winners.masked_fill_(scores[index] > best, index)
        best = torch.maximum(best, scores[index])
    return winners
