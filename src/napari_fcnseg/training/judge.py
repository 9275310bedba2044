"""How good a network is while it trains, and which of its weights are kept for that."""

from dataclasses import asdict
from typing import Any

from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.shift import shifted
from napari_fcnseg.training.best import Best
from napari_fcnseg.training.class_shares import ClassShares
from napari_fcnseg.training.curve import Curve
from napari_fcnseg.training.validate import Scores, Validator


class Judge:
    """Scores a network on held-out labels, until these train, too.

    Parameters
    ----------
    validator
        Has the held-out labels.
    classes
        How many there are.
    shares
        In what shares the network finds the classes, and held-out labels count.
    curve
        Takes in the scores.

    Attributes
    ----------
    best
        The best weights so far.
    last_word
        The scores to tell, and of which step they are, once held-out labels train.
    """

    def __init__(
        self, validator: Validator, classes: int, shares: ClassShares, curve: Curve
    ) -> None:
        self._validator, self._classes = validator, classes
        self._shares, self._curve = shares, curve
        self.best = Best(classes)
        self.last_word: tuple[Scores, int] | None = None

    @property
    def sits(self) -> bool:
        """Whether there are held-out labels, and none of them has trained."""
        return bool(self._validator.scored) and not self.last_word

    @property
    def complete(self) -> bool:
        """Whether scores tell how good the network is: those of all classes together do."""
        return len(self._validator.scored) == self._classes

    def score(self, net: SegmentationNet, step: int) -> tuple[Scores, bool]:
        """Score a network and keep its weights if they are the best; tell whether they are."""
        with shifted(net, self._shares.shift):
            scores = self._validator.score(net, self._shares.found)
        self._curve.add_scores(step, scores.iou)
        return scores, self.best.offer(scores, net.state_dict(), step)

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        last = self.last_word and (asdict(self.last_word[0]), self.last_word[1])
        return {"best": self.best.state_dict(), "last_word": last}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.best.load_state_dict(state["best"])
        last = state["last_word"]
        self.last_word = last and (Scores.of(last[0]), last[1])
