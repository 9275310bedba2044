"""Who labels the pixels that nobody painted: a pixel classifier, and the network itself later."""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.shift import shifted
from napari_fcnseg.training.class_shares import ClassShares
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.pseudo_labels import PseudoLabels
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.seen import look_at
from napari_fcnseg.training.stroke_forest import Opinion, StrokeForest
from napari_fcnseg.training.tiles import painted_tiles
from napari_fcnseg.training.trust import RIGHT

# Progress at which there are new pseudo-labels, and what the forest's opinion counts in them as
# soon as the network knows more; until then it counts half.
ROUNDS = {0.0: 1.0, 0.3: 0.5, 0.44: 0.375, 0.58: 0.25, 0.72: 0.125, 0.86: 0.0}
HALF = 0.5
# Tiles without strokes, as many as take about a tenth of the budget in all rounds together.
STEPS_A_TILE, TILES_A_MINUTE = 20, 8
SHORTEST = 0.5  # minutes; in less it would take the time of the network
REMEMBERED = 2**21  # pixels of replayed images: a few seconds of work
COARSE = 4  # every fourth pixel along Y and X tells the shares of classes


class Teacher:
    """Labels the surroundings of strokes, again and again while a network learns.

    A few strokes lie in the middle of objects and say nothing of their edges. A random forest over
    features of single pixels generalises from them at once: the network learns its labels beside
    the strokes. Later labels are of both their probabilities (self-training, with the forest to
    hold it back from what it only believes). The forest's counts less from round to round as soon
    as the network is right on nine of ten strokes, and on more than the forest was of those that
    it had not seen.

    Parameters
    ----------
    sampler
        Has the images and labels, and takes the pseudo-labels.
    recipe
        Its `pseudo` is the share of the patches that have them, its seed chooses tiles.
    classes
        How many the network knows.
    remembers
        Whether the network has learned all of the classes before. What it says of replayed images
        at first is a label there, so that it does not forget (Li and Hoiem 2016).
    shares
        Is told what the network says of the surroundings of strokes.
    """

    def __init__(
        self,
        sampler: PatchSampler,
        recipe: Recipe,
        classes: int,
        remembers: bool = False,
        shares: ClassShares | None = None,
    ) -> None:
        self._sampler, self._recipe, self._remembers = sampler, recipe, remembers
        self._absent = not recipe.pseudo or (not recipe.steps and recipe.minutes < SHORTEST)
        by_time = int(recipe.minutes * TILES_A_MINUTE)
        others = recipe.steps // STEPS_A_TILE if recipe.steps else by_time
        self._forest = StrokeForest(sampler, classes, recipe.seed, others)
        self._shares = shares
        self._rounds = 0
        self._memories = self._labels = PseudoLabels()

    def follow(self, progress: float, net: SegmentationNet) -> Generator[float, None, list[str]]:
        """Teach anew if it is time; return what a person should know.

        Yields which part of it is done. Where it is left there, nothing has changed.
        """
        due = sum(progress >= start for start in ROUNDS)
        if due <= self._rounds or self._absent:
            return []
        first = not self._rounds
        memories = (yield from self._remember(net)) if first else self._memories
        labels, opinion = memories.copy(), (yield from self._forest.ask())
        own: list[NDArray[np.float32]] = []
        for (number, window), _ in () if first else opinion.shares:
            own.append(self._ask(net, number, window))
            yield len(own) / len(opinion.shares)
        weight = self._weight(due, opinion, own)
        for i, ((number, window), share) in enumerate(opinion.shares):
            both = weight * share + (1 - weight) * own[i] if own else share
            labels.add(number, window, both, opinion.sure)
        self._rounds, self._memories, self._labels = due, memories, labels
        self._sampler.teach(labels)
        notes = [opinion.note] if first and opinion.note else []
        if own and self._shares:
            seen = [each[:, ::COARSE, ::COARSE].reshape(len(each), -1) for each in own]
            found = self._shares.estimate(np.concatenate(seen, 1).T)
            notes += [found] if due == len(ROUNDS) else []
        return notes

    def _weight(self, due: int, opinion: Opinion, own: Sequence[NDArray[np.float32]]) -> float:
        """Return what the forest's opinion counts beside the network's own."""
        right = labelled = 0
        for ((number, window), _), share in zip(opinion.shares, own, strict=False):
            _, target = self._sampler.read_to_train(number, window)
            target = target.reshape(target.shape[-2:])
            right += int((share.argmax(0) == target).sum())
            labelled += int((target != IGNORE).sum())
        knows_more = right >= max(RIGHT, opinion.right) * labelled
        return list(ROUNDS.values())[due - 1] if knows_more else HALF

    def _remember(self, net: SegmentationNet) -> Generator[float, None, PseudoLabels]:
        """Return what the network says of replayed images before it learns anything else."""
        memories, pixels = PseudoLabels(), 0
        if not self._remembers:
            return memories
        by = self._shares.shift if self._shares else torch.zeros(1)
        for number, window in painted_tiles(self._sampler, self._recipe.seed, replayed=True):
            with shifted(net, by):  # as the model that it starts from
                share = self._ask(net, number, window)
            memories.add(number, window, share, sure=0.0)
            pixels += share[0].size
            yield min(1.0, pixels / REMEMBERED)
            if pixels > REMEMBERED:
                break
        return memories

    def _ask(self, net: SegmentationNet, number: int, window: Spans) -> NDArray[np.float32]:
        """Probabilities of the network, ``(classes, Y, X)``."""
        logits = look_at(self._sampler, net, number, window).logits(net)
        found: NDArray[np.float32] = logits.float().softmax(0).cpu().numpy()
        return found.reshape(len(found), *found.shape[-2:])

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        kept = {"labels": self._labels, "memories": self._memories}
        labels = {name: kind.state_dict() for name, kind in kept.items()}
        return {"rounds": self._rounds, **labels}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._rounds = state["rounds"]
        self._labels = PseudoLabels.of(state["labels"])
        self._memories = PseudoLabels.of(state["memories"])
        self._sampler.teach(self._labels)
