"""How much of each class there is where nobody painted."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

ENOUGH = 1e-5  # change of a share from one turn to the next
TURNS = 1000  # at most
LEAST = 0.01  # of the largest change of odds: a class that somebody painted is there
FOUND = (
    "around the strokes there seem to be {}: classes are found in these shares, and held-out "
    "strokes count in them, not in those in which they were painted"
)


class ClassShares:
    """Makes a network find classes in the shares that they have, and not in those of strokes.

    Parameters
    ----------
    names
        Of the classes.
    learned
        Tells in what shares the network learns them from what is painted.

    Attributes
    ----------
    shift
        What to add to the logits of each class, shape ``(classes,)``; 0 before the first estimate.
    found
        Shares, shape ``(classes,)``; ``None`` before the first estimate.
    """

    def __init__(self, names: Sequence[str], learned: Callable[[], NDArray[np.float64]]) -> None:
        self._names, self._learned = names, learned
        self.shift = torch.zeros(len(names))
        self.found: NDArray[np.float64] | None = None

    def estimate(self, probabilities: NDArray[np.floating]) -> str:
        """Set the shift by what the network says of pixels, ``(n, classes)``; tell the shares."""
        learned = self._learned()
        self.found = estimate_shares(probabilities, learned)
        self.shift = torch.from_numpy(shift_of(self.found, learned))
        return FOUND.format(", ".join(f"{share:.0%} {name}" for name, share in self.told.items()))

    @property
    def told(self) -> dict[str, float]:
        """Shares by the names of the classes; empty before the first estimate."""
        found = [] if self.found is None else self.found.tolist()
        return {name: round(share, 4) for name, share in zip(self._names, found, strict=False)}

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        found = None if self.found is None else torch.from_numpy(self.found)
        return {"shift": self.shift, "found": found}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.shift, found = state["shift"], state["found"]
        self.found = None if found is None else found.numpy()


def estimate_shares(
    probabilities: NDArray[np.floating], learned: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Estimate the shares of classes in pixels without labels, by expectation maximisation.

    Whoever learned from classes in other shares than they have finds too much of the rare ones.
    Its probabilities can be corrected, and the corrected ones tell the shares (Saerens, Latinne
    and Decaestecker 2002, equation 2.9).

    Parameters
    ----------
    probabilities
        What a classifier says of the pixels, shape ``(n, classes)``.
    learned
        Shares of the classes among the labels that it has learned from, shape ``(classes,)``, all
        above 0.

    Returns
    -------
    ndarray
        Shares, shape ``(classes,)``; their sum is 1.
    """
    likelihood = probabilities / learned
    shares = np.asarray(learned, np.float64)
    for _ in range(TURNS):
        corrected = likelihood * shares
        before, shares = shares, (corrected / corrected.sum(1, keepdims=True)).mean(0)
        if np.abs(shares - before).max() < ENOUGH:
            break
    return shares


def shift_of(shares: NDArray[np.floating], learned: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what to add to logits so that classes have these shares, shape ``(classes,)``.

    No class loses more than a factor of a hundred against another.
    """
    odds = shares / learned
    shift = np.log(np.maximum(odds / odds.max(), LEAST))
    found: NDArray[np.float32] = (shift - shift.mean()).astype(np.float32)
    return found
