"""The best weights so far, by their scores on held-out labels."""

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from napari_fcnseg.training.validate import Scores

Weights = Mapping[str, Any]


class Best:
    """Keeps the best weights.

    Late weights have learned at a low rate: they win within one standard error of the highest
    score (the one-standard-error rule, Breiman et al. 1984). Where a class cannot be scored, the
    others' scores do not tell the best network, and the latest wins.

    Parameters
    ----------
    classes
        How many there are.

    Attributes
    ----------
    found
        Scores, weights and step of the best; ``None`` before the first.
    """

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._record: Scores | None = None
        self.found: tuple[Scores, Weights, int] | None = None

    def restart(self) -> None:
        """Let the next weights win: scores from now on are of something else."""
        self._record = None

    def offer(self, scores: Scores, weights: Weights, step: int) -> bool:
        """Keep a copy of the weights if they are the best; tell whether they are."""
        if self._record is None or scores.mean > self._record.mean:
            self._record = scores
        all_scored = len(scores.iou) == self._classes
        best = not all_scored or scores.mean >= self._record.mean - self._record.error
        if best:
            self.found = scores, copy.deepcopy(weights), step
        return best

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        found = self.found and (asdict(self.found[0]), *self.found[1:])
        return {"record": self._record and asdict(self._record), "found": found}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        record, found = state["record"], state["found"]
        self._record = record and Scores.of(record)
        self.found = found and (Scores.of(found[0]), *found[1:])
