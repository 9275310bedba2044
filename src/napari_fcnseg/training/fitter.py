"""One training of a classifier that learns all labels at once."""

import copy
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fcnseg.annotations.annotation import IGNORE
from napari_fcnseg.classical.fits import fit_net
from napari_fcnseg.events import Event, Fitting, Note, Trained, TrainingStarted, Validated
from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.normalise import fit_normalisation
from napari_fcnseg.nets.fitted import FittedNet
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.outcome import begin, make_model
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.remarks import remarks
from napari_fcnseg.training.sources import make_sources
from napari_fcnseg.training.start import make_net
from napari_fcnseg.training.tile_features import tile_features
from napari_fcnseg.training.tiles import painted_tiles
from napari_fcnseg.training.validate import Scores, Validator

MOST = 2**19  # labelled pixels that are looked at: it learns from fewer of them
OTHERS = 1000  # pixels of a tile without a label, of which clusters learn, too
REFIT = "these are the scores to tell; now the held-out labels are learned, too"


class Fitter:
    """Reads features around labels, learns them, is scored, and learns the held-out ones, too.

    Parameters
    ----------
    data
        Annotated images.
    recipe
        Has the classifier, what is held out, the normalisation and the seed; the rest of it is
        for networks.
    name
        Of the model.
    origins
        Where the data is, for who wants to repeat it.
    """

    def __init__(
        self, data: TrainingData, recipe: Recipe, name: str, origins: Sequence[Origin] = ()
    ) -> None:
        self._data, self._recipe, self._name = data, recipe, name
        net = make_net(data, recipe, None)
        assert isinstance(net, FittedNet)
        self._net = net
        self._rng = np.random.default_rng(recipe.seed)
        sources = make_sources(data, replace(recipe, border_weight=0.0), net, self._rng)
        how = recipe.normalisation, recipe.normalise_each
        self._normalisation = fit_normalisation(data.images, *how)
        self._sampler = PatchSampler(sources, [c.id for c in data.classes], self._normalisation)
        self._validator = Validator(self._sampler, net, data.classes, self._rng)
        self._images = [f"{i.name} {tell_image(i)}" for i in data.images]
        self._began = begin(None, origins)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the training, as plain data."""
        return {
            "recipe": self._recipe.to_dict(),
            "classes": [(c.id, c.name) for c in self._data.classes],
            "images": self._images,
            "labels": [a.index.fingerprint for a in self._data.annotations],
            "start": None,
        }

    def run(self) -> Generator[Event, None, None]:
        """Learn; the events of a training."""
        began, gap = time.monotonic(), self._sampler.sources[0].split.gap
        scored = self._validator.scored
        notes = remarks(self._net, self._data, replace(self._recipe, patience=0.0), scored, gap)
        yield TrainingStarted(self._net.name, 0, "cpu", self._data.pixels, notes)
        features, targets, apart = yield from self._read()
        scores = None
        if scored:
            fit_net(self._net, features[~apart], targets[~apart], self._recipe.seed)
            scores = self._validator.score(self._net)
            yield Validated(0, scores.iou, scores.pixels, scores.mean, True, scores.vanished)
            yield Note(REFIT)
        fit_net(self._net, features, targets, self._recipe.seed)
        yield Trained(self._model(scores), 1, time.monotonic() - began)

    def _read(
        self,
    ) -> Generator[Event, None, tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]]:
        """Features, class indices, and whether they are held out or near to what is."""
        rows, targets, apart, learned = [], [], [], 0
        tiles = list(painted_tiles(self._sampler, self._recipe.seed))
        for count, (number, window) in enumerate(tiles, 1):
            found = tile_features(
                self._sampler, self._net.features, self._net.margin[0], number, window
            )
            _, target = self._sampler.read(number, window)
            near = self._sampler.sources[number].split.held_out(window, near=True)
            flat = target.reshape(-1)
            without = self._rng.permutation(np.flatnonzero(flat == IGNORE))[:OTHERS]
            kept = np.sort(np.concatenate([np.flatnonzero(flat != IGNORE), without]))
            rows.append(found.reshape(-1, found.shape[-1])[kept])
            targets.append(flat[kept])
            apart.append(near.reshape(-1)[kept])
            learned += len(kept)
            yield Fitting(max(count / len(tiles), learned / MOST))
            if learned >= MOST:
                break
        return np.concatenate(rows), np.concatenate(targets), np.concatenate(apart)

    def _model(self, scores: Scores | None) -> Any:
        return make_model(
            copy.deepcopy(self._net),
            self._data,
            self._recipe,
            self._normalisation,
            self._name,
            images=self._images,
            device="cpu",
            steps=1,
            **self._began,
            validation={k: round(v, 4) for k, v in scores.iou.items()} if scores else {},
            validated_pixels={k: scores.pixels[k] for k in scores.iou} if scores else {},
        )
