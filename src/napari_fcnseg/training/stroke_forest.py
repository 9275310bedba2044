"""A pixel classifier that learns the strokes of a training, and looks at what is around them."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.nets.pixel_features import PixelFeatures
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.tile_features import tile_features
from napari_fcnseg.training.tiles import EDGE, Tile, painted_tiles, unpainted_tiles
from napari_fcnseg.training.trust import trust

LEARNED = 2**22  # pixels of all channels in which it looks for labels
TAUGHT = 2**21  # ... and that it labels: a few seconds of work
SHARES = 2**25  # pixels of all classes that it labels: their probabilities are kept
SPARSE = 0.5  # part of a tile that may train and has no label; below it none needs to teach
LOOKED, PROVED = 0.3, 0.6  # parts of its time after which it has features, and is trusted
TREES, LEAF = 50, 5  # half of the usual time, and as good here
TRUSTED = (
    "a pixel classifier has learned from the strokes; the network learns from what it is sure of, "
    "too, and later from what both are sure of"
)
DOUBTED = (
    "a pixel classifier that learned from the strokes is not right in nine of ten places for even "
    "a third of the pixels: the network learns from the strokes alone"
)


@dataclass(frozen=True)
class Opinion:
    """Probabilities ``(classes, Y, X)`` in tiles, and from where on they are a label.

    ``right`` is the part of its labels that were right on strokes that it had not seen.
    """

    shares: tuple[tuple[Tile, NDArray[np.floating]], ...] = ()
    sure: float = math.inf
    right: float = 1.0
    note: str = ""


class StrokeForest:
    """Random forest over features of single pixels; it learns anew when labels have changed.

    Parameters
    ----------
    sampler
        Has the images and labels.
    classes
        How many the network knows.
    seed
        Chooses tiles, pixels and trees.
    others
        How many tiles in which nobody painted it labels, too, at most.
    """

    def __init__(self, sampler: PatchSampler, classes: int, seed: int, others: int = 0) -> None:
        self._sampler, self._classes = sampler, classes
        self._seed, self._others = seed, others
        self._known: object = None
        self._opinion = Opinion()

    def ask(self) -> Generator[float, None, Opinion]:
        """Return its opinion of tiles that are not dense; yield which part is done meanwhile.

        None if the tiles that it learns from lack a class, whose pixels would go to the others;
        and none if it may not be trusted, see `trust`.
        """
        sources = self._sampler.sources
        known = [(s.annotation.index.fingerprint, s.split.blocks) for s in sources]
        if self._known != known:
            self._known, self._opinion = known, (yield from self._learn())
        return self._opinion

    def _learn(self) -> Generator[float, None, Opinion]:
        read = self._read()
        seen = {index for *_, target, _ in read for index in np.unique(target).tolist()}
        if not any(sparse for *_, sparse in read) or len(seen - {IGNORE}) < self._classes:
            return Opinion()
        rows, targets, places, asked = [], [], [], []
        layer = PixelFeatures()
        for number, (tile, target, sparse) in enumerate(read):
            features = tile_features(self._sampler, layer, layer.margin, *tile)
            at = np.nonzero(target != IGNORE)
            rows.append(features[at])
            targets.append(target[at])
            quarter = at[0] // (EDGE // 2) * 2 + at[1] // (EDGE // 2)
            places.append(4 * number + quarter)
            if sparse:
                asked.append((tile, features))
            yield LOOKED * (number + 1) / len(read)
        forest = PixelClassifier(self._classes, self._seed, TREES, LEAF)
        found = np.concatenate(rows), np.concatenate(targets), np.concatenate(places)
        sure, right = trust(*found, forest, self._seed)
        yield PROVED
        if math.isinf(sure):
            return Opinion(note=DOUBTED)
        forest.fit(rows, targets)
        shares = []
        for tile, features in asked:
            shares.append((tile, forest.probabilities(features)))
            yield PROVED + (1 - PROVED) * len(shares) / len(asked)
        return Opinion(tuple(shares), sure, right, TRUSTED)

    def _read(self) -> list[tuple[Tile, NDArray[np.int64], bool]]:
        """Tiles around labels, then others: the labels ``(Y, X)``, and whether more are wanted."""
        read, pixels, most = [], 0, min(TAUGHT, SHARES // self._classes)
        for number, window in painted_tiles(self._sampler, self._seed):
            read.append(self._look(number, window, pixels <= most))
            pixels += read[-1][1].size * self._sampler.sources[number].image.channels
            if pixels > LEARNED:
                break
        if any(sparse for *_, sparse in read):  # dense labels need no teacher elsewhere either
            tiles = unpainted_tiles(self._sampler, self._seed)
            for number, window in islice(tiles, self._others):
                if pixels > most:
                    break
                read.append(self._look(number, window, True))
                pixels += read[-1][1].size * self._sampler.sources[number].image.channels
        return read

    def _look(
        self, number: int, window: Spans, wanted: bool
    ) -> tuple[Tile, NDArray[np.int64], bool]:
        _, target = self._sampler.read_to_train(number, window)
        held_out = self._sampler.sources[number].split.held_out(window, near=True)
        sparse = bool(((target == IGNORE) & ~held_out).mean() > SPARSE)
        return (number, window), target.reshape(target.shape[-2:]), wanted and sparse
