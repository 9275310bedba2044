"""Who labels the pixels that nobody painted: a pixel classifier, and the network itself later."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.classical.features import REACH, pixel_features
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.pseudo_labels import PseudoLabels
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.seen import look_at
from napari_fcnseg.training.tiles import Tile, painted_tiles, pixels_of

ROUNDS = (0.0, 0.4, 0.6, 0.8)  # progress at which there are new pseudo-labels
TAUGHT = 2**21  # pixels of all channels that are taught: a few seconds of work
SHARES = 2**25  # pixels of all classes that are taught: their probabilities are kept
LEARNED = 2**22  # ... and in which the forest looks for labels
DENSE = 0.5  # part of a tile that is labelled; beyond it there is no need to teach
TREES, LEAF = 50, 5  # of the forest: half of the usual time, and as good here
FOREST = (
    "a pixel classifier has learned from the strokes; the network learns from what it is sure of, "
    "too, and later from what both are sure of"
)
Shares = list[tuple[Tile, NDArray[np.float32]]]


class Teacher:
    """Labels the surroundings of strokes, again and again while a network learns.

    A few strokes lie in the middle of objects and say nothing of their edges. A random forest over
    features of single pixels generalises from them at once: the network learns its labels beside
    the strokes. Later labels are of the mean of both their probabilities (self-training, with the
    forest to hold it back from what it only believes).

    Parameters
    ----------
    sampler
        Has the images and labels, and takes the pseudo-labels.
    recipe
        Its `pseudo` is the share of the patches that have them, its seed chooses tiles.
    classes
        How many the network knows.
    """

    def __init__(self, sampler: PatchSampler, recipe: Recipe, classes: int) -> None:
        self._sampler, self._recipe, self._classes = sampler, recipe, classes
        self._rounds = 0
        self._labels = PseudoLabels()
        self._forest: tuple[Any, Shares] = None, []  # what it knew, and what it says

    def follow(self, progress: float, net: SegmentationNet) -> list[str]:
        """Teach anew if it is time; return what a person should know."""
        due = sum(progress >= start for start in ROUNDS)
        if due <= self._rounds or not self._recipe.pseudo:
            return []
        first, self._rounds = not self._rounds, due
        self._labels = PseudoLabels()
        told = self._ask_forest()
        for (number, window), share in told:
            if not first:
                logits = look_at(self._sampler, net, number, window).logits(net)
                found = logits.float().softmax(0).cpu().numpy()
                share = (share + found.reshape(share.shape)) / 2
            self._labels.add(number, window, share)
        self._sampler.teach(self._labels)
        return [FOREST] if first and told else []

    def _ask_forest(self) -> Shares:
        """Probabilities of a forest in tiles that are not dense; asked again if labels change.

        None if the tiles that it learns from lack a class: its pixels would go to the others.
        """
        sources = self._sampler.sources
        known = [(s.annotation.index.fingerprint, s.split.blocks) for s in sources]
        if self._forest[0] != known:
            self._forest = known, self._learn()
        return self._forest[1]

    def _learn(self) -> Shares:
        rows, targets, taught = [], [], []
        pixels, most = 0, min(TAUGHT, SHARES // self._classes)
        for tile in painted_tiles(self._sampler, self._recipe.seed):
            features, target = self._read(tile)
            labelled = target != IGNORE
            rows.append(features[labelled])
            targets.append(target[labelled])
            pixels += pixels_of(tile) * self._sampler.sources[tile[0]].image.channels
            if labelled.mean() < DENSE and pixels <= most:
                taught.append((tile, features))
            if pixels > LEARNED:
                break
        if not taught or len(np.unique(np.concatenate(targets))) < self._classes:
            return []
        forest = PixelClassifier(self._classes, self._recipe.seed, TREES, LEAF)
        forest.fit(rows, targets)
        return [(tile, forest.probabilities(features)) for tile, features in taught]

    def _read(self, tile: Tile) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features of a tile's pixels, and those of its labels that may train."""
        number, window = tile
        *leading, rows, columns = window
        around = [(start - REACH, stop + REACH) for start, stop in (rows, columns)]
        pixels, _ = self._sampler.read(number, (*leading, *around))
        inside = (slice(REACH, -REACH),) * 2
        features = pixel_features(pixels.reshape(-1, *pixels.shape[-2:]))[inside]
        _, target = self._sampler.read(number, window)
        target[self._sampler.sources[number].split.held_out(window, near=True)] = IGNORE
        return features, target.reshape(features.shape[:2])

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        return {"rounds": self._rounds, "labels": self._labels.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._rounds = state["rounds"]
        self._labels = PseudoLabels.of(state["labels"])
        self._sampler.teach(self._labels)
