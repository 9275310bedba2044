"""Who labels the pixels that nobody painted: a pixel classifier, and the network itself later."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.classical.features import REACH, pixel_features
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.pseudo_labels import PseudoLabels
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.seen import look_at
from napari_fcnseg.training.tiles import Tile, painted_tiles

ROUNDS = (0.0, 0.4, 0.6, 0.8)  # progress at which there are new pseudo-labels
LEARNED = 2**22  # pixels of all channels in which the forest looks for labels
TAUGHT = 2**21  # ... and that it labels: a few seconds of work
SHARES = 2**25  # pixels of all classes that it labels: their probabilities are kept
SPARSE = 0.5  # part of a tile that may train and has no label; below it none needs to teach
TREES, LEAF = 50, 5  # of the forest: half of the usual time, and as good here
FOREST = (
    "a pixel classifier has learned from the strokes; the network learns from what it is sure of, "
    "too, and later from what both are sure of"
)
Shares = list[tuple[Tile, NDArray[np.floating]]]


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
    remembers
        Whether the network has learned all of the classes before. What it says of replayed images
        at first is a label there, so that it does not forget (Li and Hoiem 2016).
    """

    def __init__(
        self, sampler: PatchSampler, recipe: Recipe, classes: int, remembers: bool = False
    ) -> None:
        self._sampler, self._recipe, self._classes = sampler, recipe, classes
        self._remembers = remembers
        self._rounds = 0
        self._memories = self._labels = PseudoLabels()
        self._forest: tuple[Any, Shares] = None, []  # what it knew, and what it says

    def follow(self, progress: float, net: SegmentationNet) -> list[str]:
        """Teach anew if it is time; return what a person should know."""
        due = sum(progress >= start for start in ROUNDS)
        if due <= self._rounds or not self._recipe.pseudo:
            return []
        first, self._rounds = not self._rounds, due
        if first and self._remembers:
            self._remember(net)
        self._labels = self._memories.copy()
        told = self._ask_forest()
        for (number, window), share in told:
            if not first:
                share = (share + self._ask(net, number, window)) / 2
            self._labels.add(number, window, share)
        self._sampler.teach(self._labels)
        return [FOREST] if first and told else []

    def _remember(self, net: SegmentationNet) -> None:
        pixels = 0
        for number, window in painted_tiles(self._sampler, self._recipe.seed, replayed=True):
            share = self._ask(net, number, window)
            self._memories.add(number, window, share, sure=0.0)
            pixels += share[0].size
            if pixels > TAUGHT:
                break

    def _ask(self, net: SegmentationNet, number: int, window: Spans) -> NDArray[np.float32]:
        """Probabilities of the network, ``(classes, Y, X)``."""
        logits = look_at(self._sampler, net, number, window).logits(net)
        found: NDArray[np.float32] = logits.float().softmax(0).cpu().numpy()
        return found.reshape(len(found), *found.shape[-2:])

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
        read, sparse = [], []
        pixels, most = 0, min(TAUGHT, SHARES // self._classes)
        for number, window in painted_tiles(self._sampler, self._recipe.seed):
            source = self._sampler.sources[number]
            _, target = self._sampler.read_to_train(number, window)
            unpainted = (target == IGNORE) & ~source.split.held_out(window, near=True)
            read.append((number, window, target.reshape(target.shape[-2:])))
            pixels += target.size * source.image.channels
            sparse.append(unpainted.mean() > SPARSE and pixels <= most)
            if pixels > LEARNED:
                break
        known = {index for *_, target in read for index in np.unique(target).tolist()}
        if not any(sparse) or len(known - {IGNORE}) < self._classes:
            return []
        rows, targets, taught = [], [], []
        for (number, window, target), is_taught in zip(read, sparse, strict=True):
            features = self._features(number, window)
            rows.append(features[target != IGNORE])
            targets.append(target[target != IGNORE])
            if is_taught:
                taught.append(((number, window), features))
        forest = PixelClassifier(self._classes, self._recipe.seed, TREES, LEAF)
        forest.fit(rows, targets)
        return [(tile, forest.probabilities(features)) for tile, features in taught]

    def _features(self, number: int, window: Spans) -> NDArray[np.float32]:
        """Features of the pixels of one plane, with what is around the window in mind."""
        *leading, rows, columns = window
        around = [(start - REACH, stop + REACH) for start, stop in (rows, columns)]
        pixels, _ = self._sampler.read(number, (*leading, *around))
        inside = (slice(REACH, -REACH),) * 2
        return pixel_features(pixels.reshape(-1, *pixels.shape[-2:]))[inside]

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on."""
        kept = {"labels": self._labels, "memories": self._memories}
        return {"rounds": self._rounds} | {k: v.state_dict() for k, v in kept.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._rounds = state["rounds"]
        self._labels = PseudoLabels.of(state["labels"])
        self._memories = PseudoLabels.of(state["memories"])
        self._sampler.teach(self._labels)
