"""How a training went: losses and scores along its steps."""

from typing import Any

KEPT = 200  # losses; of longer trainings, means over 2, 4, ... steps


class Curve:
    """Losses and scores, as few as a plot needs, however long it takes."""

    def __init__(self) -> None:
        self._losses: list[list[float]] = []  # last step, mean
        self._scores: list[list[Any]] = []  # step, IoU by class
        self._every, self._sum, self._count = 1, 0.0, 0

    def add_loss(self, step: int, loss: float) -> None:
        """Take in the loss of a step."""
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._count < self._every:
            return
        self._losses.append([step, round(self._sum / self._count, 5)])
        self._sum, self._count = 0.0, 0
        if len(self._losses) == KEPT:
            pairs = zip(self._losses[::2], self._losses[1::2], strict=True)
            self._losses = [[b[0], round((a[1] + b[1]) / 2, 5)] for a, b in pairs]
            self._every *= 2

    def add_scores(self, step: int, iou: dict[str, float]) -> None:
        """Take in the scores of a step."""
        self._scores.append([step, {name: round(v, 4) for name, v in iou.items()}])

    def to_dict(self) -> dict[str, Any]:
        """Return ``loss`` and ``iou`` as lists of steps and values."""
        return {"loss": [list(p) for p in self._losses], "iou": [list(p) for p in self._scores]}

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        vars(self).update(state)
