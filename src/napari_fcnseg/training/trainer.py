"""One training run: network, optimiser and the best weights so far."""

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from napari_fcnseg.annotations.extent import short_sighted
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.normalise import fit_normalisation
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import choose_device, place
from napari_fcnseg.training.average import Average, estimate_statistics
from napari_fcnseg.training.best import Best
from napari_fcnseg.training.borders import make_borders
from napari_fcnseg.training.curve import Curve
from napari_fcnseg.training.freeze import Freeze
from napari_fcnseg.training.hold_out import Apart, hold_out
from napari_fcnseg.training.objective import Objective
from napari_fcnseg.training.optimiser import Optimiser
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.outcome import begin, make_model
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.split import Split
from napari_fcnseg.training.start import make_net
from napari_fcnseg.training.supply import Supply
from napari_fcnseg.training.validate import Scores, Validator

SETTLING = 30  # batches for the statistics of BatchNorm in the end


class Trainer:
    """State of a training run.

    Parameters
    ----------
    data
        Annotated images.
    recipe
        Decides everything else.
    device
        See `choose_device`.
    name
        Of the model.
    start
        Model whose weights and normalisation it starts with.
    origins
        Where the data is, for who wants to repeat it.
    """

    def __init__(
        self,
        data: TrainingData,
        recipe: Recipe,
        device: str,
        name: str,
        start: Model | None = None,
        origins: Sequence[Origin] = (),
    ) -> None:
        if start:  # its weights fit its own normalisation
            recipe = replace(recipe, normalisation=start.normalisation.kind)
        self.data, self.recipe, self.name = data, recipe, name
        self.device = choose_device(device)
        rng = np.random.default_rng(recipe.seed)
        self.net = make_net(data, recipe, start)
        place(self.net, self.device)
        new = len(data.images) - data.replayed
        old = [number >= new for number in range(len(data.images))]
        borders = make_borders(data.annotations, recipe)
        parts = (data.images, data.annotations, self._hold_out(rng), old, borders)
        sources = [Source(*part) for part in zip(*parts, strict=True)]
        self.normalisation = (
            start.normalisation if start else fit_normalisation(data.images, recipe.normalisation)
        )
        ids = [c.id for c in data.classes]
        self._sampler = PatchSampler(sources, ids, self.normalisation, recipe.replay)
        self.validator = Validator(self._sampler, self.net, data.classes, rng)
        self._supply = Supply(self._sampler, self.net, recipe, self.device, rng)
        self._objective = self._make_objective()
        self._freeze = Freeze(self.net, recipe.freeze if start else 0.0)
        self._optimiser = Optimiser(self.net, recipe, recipe.fine_rate if start else recipe.rate)
        self._average = Average(self.net, recipe.average)
        self._best = Best(len(data.classes))
        self._curve = Curve()
        self._images = [f"{i.name} {tell_image(i)}" for i in data.images]  # read once
        self._began = begin(start, origins)
        self.steps = self._repainted = 0

    def _hold_out(self, rng: np.random.Generator) -> list[Split]:
        """Hold labels out, as far from the others as half of what the network sees."""
        recipe, geometry = self.recipe, self.net.geometry
        half = [max(axis.field) // 2 for axis in geometry]
        apart = Apart(recipe.gap or half[-1], half[0] if len(geometry) == 3 else 0)
        stride, closer = geometry[-1].stride, not recipe.gap
        new = self.data.annotations[: len(self.data.annotations) - self.data.replayed]
        splits = hold_out(new, recipe.validation, apart, stride, rng, closer)
        # Of replayed images all trains: their model has been scored.
        return splits + [replace(splits[0], held={})] * self.data.replayed

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before it starts."""
        sees = self.net.geometry[-1].field[0]
        short = short_sighted(sees, self.data.annotations)
        return (*self.data.notes, *short, *self._unscored(), *self._flattered())

    def _unscored(self) -> list[str]:
        """Name the classes that cannot be validated."""
        unscored = [c.name for c in self.data.classes if c.name not in self.validator.scored]
        if not self.recipe.validation or not unscored:
            return []
        if len(unscored) == len(self.data.classes):
            return ["too few strokes to hold any out: there will be no validation scores"]
        return [f"too few strokes to validate {', '.join(unscored)}: paint it in more places"]

    def _flattered(self) -> list[str]:
        """Say so if held-out labels lie within sight of labels that train."""
        sees = max(self.net.geometry[-1].field)
        gap = self._sampler.sources[0].split.gap
        if not self.validator.scored or gap >= sees // 2:
            return []
        return [
            f"held-out labels lie as near as {gap} px to labels that train, and the network sees "
            f"{sees} px: the scores may flatter. Paint in more places, or take a network that sees "
            "less"
        ]

    def step(self, progress: float) -> tuple[float, float]:
        """Take one optimisation step at `progress` through the budget; loss and rate."""
        x, y, borders = self._supply()
        self.net.train()
        self._freeze.follow(progress)
        with self._seeded():
            loss = self._objective(self.net(x), y, self._supply.torch_rng, borders)
            rate = self._optimiser.step(loss, progress)
        self._average.update()
        self.steps += 1
        self._curve.add_loss(self.steps, told := float(loss.detach()))
        return told, rate

    @contextmanager
    def _seeded(self) -> Iterator[None]:
        """Let dropout, which draws from PyTorch's own generators, depend on the step alone."""
        own = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=own):
            torch.manual_seed(self.recipe.seed * 2**32 + self.steps)
            yield

    def repaint(self, number: int, planes: Collection[Plane] | None) -> None:
        """Take in what was painted on image `number` since; held-out blocks stay as they were."""
        self._sampler.repaint(number, planes)
        self._repainted += 1
        annotations = tuple(source.annotation for source in self._sampler.sources)
        self.data = replace(self.data, annotations=annotations)
        self._objective = self._make_objective()

    def _make_objective(self) -> Objective:
        return Objective(self.recipe, list(self.data.pixels.values()), self.device)

    def settle(self) -> None:
        """Estimate the statistics of the averaged network once more, on fresh batches."""
        estimate_statistics(self._average.net, (self._supply()[0] for _ in range(SETTLING)))

    def validate(self) -> tuple[Scores, bool] | None:
        """Score the network as it is and keep it if it is the best.

        ``None`` without held-out labels.
        """
        if not self.validator.scored:
            return None
        scores, weights = self.validator.score(self._average.net), self._average.net.state_dict()
        self._curve.add_scores(self.steps, scores.iou)
        return scores, self._best.offer(scores, weights, self.steps)

    def model(self) -> Model:
        """Model with a copy of the network as it is now."""
        return self._model(None, self._average.net.state_dict(), self.steps)

    def best(self) -> Model:
        """Model with a copy of the best network so far."""
        return self._model(*self._best.found) if self._best.found else self.model()

    def _model(self, scores: Scores | None, weights: Mapping[str, Any], step: int) -> Model:
        net = copy.deepcopy(self.net).requires_grad_(True)
        net.load_state_dict(weights)
        return make_model(
            net,
            self.data,
            self.recipe,
            self.normalisation,
            self.name,
            images=self._images,
            device=str(self.device),
            steps=self.steps,
            weights_of_step=step,
            repainted=self._repainted,
            **self._began,
            validation={k: round(v, 4) for k, v in scores.iou.items()} if scores else {},
            curve=self._curve.to_dict(),
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the run, as plain data."""
        return {
            "recipe": self.recipe.to_dict(),
            "classes": [(c.id, c.name) for c in self.data.classes],
            "images": self._images,
            "labels": [a.index.fingerprint for a in self.data.annotations],
            "start": self._began.get("started_from"),
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on, bit for bit on the same device."""
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        return {"steps": self.steps, **parts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self.steps = state["steps"]

    @property
    def _parts(self) -> dict[str, Any]:
        return {
            "net": self.net,
            "average": self._average,
            "optimiser": self._optimiser,
            "supply": self._supply,
            "best": self._best,
            "curve": self._curve,
        }
