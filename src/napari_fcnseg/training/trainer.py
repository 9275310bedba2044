"""One training run: network, optimiser and the best weights so far."""

import copy
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.normalise import fit_normalisation
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import choose_device, full_float32, place
from napari_fcnseg.nets.seeding import seeded
from napari_fcnseg.nets.shift import shift
from napari_fcnseg.training.accumulate import Accumulation
from napari_fcnseg.training.average import Average, estimate_statistics
from napari_fcnseg.training.batch import choose_batch
from napari_fcnseg.training.class_shares import ClassShares
from napari_fcnseg.training.curve import Curve
from napari_fcnseg.training.freeze import Freeze
from napari_fcnseg.training.judge import Judge
from napari_fcnseg.training.objective import Objective
from napari_fcnseg.training.optimiser import Optimiser
from napari_fcnseg.training.origin import Origin
from napari_fcnseg.training.outcome import begin, make_model
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.precision import Precision
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.remarks import remarks
from napari_fcnseg.training.sources import make_sources
from napari_fcnseg.training.start import make_net, shift_of_start
from napari_fcnseg.training.supply import Supply
from napari_fcnseg.training.teacher import Teacher
from napari_fcnseg.training.validate import Scores, Validator

REFIT = "these are the scores to tell; from here on the held-out labels train, too"
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

    Attributes
    ----------
    news
        What a person should know and has turned up since; whoever tells it takes it out.
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
            kind, each = start.own_normalisation.kind, start.own_normalisation.each
            recipe = replace(recipe, normalisation=kind, normalise_each=each)
        self.data, self.recipe, self.name = data, recipe, name
        self.device = choose_device(device)
        rng = np.random.default_rng(recipe.seed)
        self.net = make_net(data, recipe, start)
        place(self.net, self.device)
        sources = make_sources(data, recipe, self.net, rng)
        self.normalisation = (
            start.own_normalisation
            if start
            else fit_normalisation(data.images, recipe.normalisation, recipe.normalise_each)
        )
        ids = [c.id for c in data.classes]
        self._sampler = PatchSampler(sources, ids, self.normalisation, recipe.replay, recipe.pseudo)
        self.validator = Validator(self._sampler, self.net, data.classes, rng)
        self._supply = Supply(self._sampler, self.net, recipe, self.device, rng)
        remembers = start is not None and {c.id for c in start.classes} == set(ids)
        self._shares = ClassShares([c.name for c in data.classes], self._supply.label_shares)
        shares = self._shares if recipe.shares == "estimated" else None
        if start and shares:  # it finds what it found, until it has learned more
            shares.shift = shift_of_start(start, data.classes)
        self._teacher = Teacher(self._sampler, recipe, len(ids), remembers, shares)
        self._objective = self._make_objective()
        self._freeze = Freeze(self.net, recipe.freeze if start else 0.0)
        self._precision = Precision(recipe.precision, self.device)
        rate = recipe.fine_rate if start else recipe.rate
        self._refit = recipe.refit if self.validator.scored else 0.0
        self._optimiser = Optimiser(self.net, recipe, rate, self._refit, self._precision)
        self._average = Average(self.net, recipe.average)
        self._curve = Curve()
        self._judge = Judge(self.validator, len(ids), self._shares, self._curve)
        self._images = [f"{i.name} {tell_image(i)}" for i in data.images]  # read once
        self._began = begin(start, origins)
        self.news: list[str] = []
        batch, parts = choose_batch(self.net, recipe, self.device)
        self._accumulation = Accumulation(self.net, self.device, batch, parts, self.news.append)
        self.steps = self._repainted = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before it starts."""
        gap = self._sampler.sources[0].split.gap
        found = remarks(self.net, self.data, self.recipe, self.validator.scored, gap)
        return (*found, *self._accumulation.notes(asked=self.recipe.batch))

    @property
    def judged(self) -> bool:
        """Whether scores tell how good the network is: those of all classes together do."""
        return self._judge.complete

    def teach(self, progress: float) -> Generator[float]:
        """Label what nobody painted, if it is time; yield how much of that is done."""
        before = self._shares.shift
        self.news += yield from self._teacher.follow(progress, self._average.net)
        if not torch.equal(before, self._shares.shift):
            self._judge.best.restart()

    def step(self, progress: float) -> tuple[float, float]:
        """Take one optimisation step at `progress` through the budget; loss and rate."""
        x, y, borders = self._supply(self._accumulation.batch)
        y = self._objective.drop(y, self._supply.torch_rng)
        self.net.train()
        self._freeze.follow(progress)
        loss = self._accumulation.attempt(lambda: self._learn(x, y, borders), x.shape)
        rate, taken = self._optimiser.step(progress)
        if taken:
            self._average.update()
        self.steps += 1
        self._curve.add_loss(self.steps, float(loss))
        return float(loss), rate

    def _learn(self, x: Tensor, y: Tensor, borders: Tensor | None) -> Tensor:
        """Take the gradient of a batch; return its loss."""
        own = [self.device] if self.device.type == "cuda" else []
        # Dropout draws from PyTorch's own generators; it depends on the step alone.
        with seeded(self.recipe.seed * 2**32 + self.steps, own), self._precision.step():
            with self._precision.forward():
                logits = self._accumulation.logits(x)
            loss = self._objective(logits.float(), y, x, borders)
            self._optimiser.take_gradient(loss)
        return loss.detach()

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
        batches = (self._supply(self._accumulation.batch)[0] for _ in range(SETTLING))
        parts = (part for batch in batches for part in self._accumulation.split(batch))
        with full_float32(self.device):
            estimate_statistics(self._average.net, parts)

    def validate(self, progress: float) -> tuple[Scores, bool] | None:
        """Score the network as it is and keep it if it is the best.

        The last time before the recipe's `refit` it is scored as if training ended here; then
        held-out labels train, too. ``None`` after that, or without held-out labels.
        """
        if not self._judge.sits:
            return None
        last = 1 - self._refit <= progress < 1
        if last:
            self.settle()
        scores, best = self._judge.score(self._average.net, self.steps)
        if last:
            self._judge.last_word = scores, self.steps
            self._sampler.release()
            self.news.append(REFIT)
        return scores, best

    def model(self) -> Model:
        """Model with a copy of the network as it is now."""
        return self._latest(None)

    def best(self) -> Model:
        """Model with a copy of the best network so far."""
        if self._judge.last_word:  # what came after has learned more, and cannot be scored
            return self._latest(*self._judge.last_word)
        found = self._judge.best.found
        return self._model(*found) if found else self.model()

    def _latest(self, scores: Scores | None, scored_at: int | None = None) -> Model:
        return self._model(scores, self._average.net.state_dict(), self.steps, scored_at)

    def _model(
        self,
        scores: Scores | None,
        weights: Mapping[str, Any],
        step: int,
        scored_at: int | None = None,
    ) -> Model:
        net = copy.deepcopy(self.net).requires_grad_(True)
        net.load_state_dict(weights)
        by = self._shares.shift.tolist() if shift(net, self._shares.shift) else []
        return make_model(
            net,
            self.data,
            self.recipe,
            self.normalisation,
            self.name,
            images=self._images,
            device=str(self.device),
            precision=self._precision.name,
            **self._accumulation.state_dict(),
            steps=self.steps,
            weights_of_step=step,
            repainted=self._repainted,
            **self._began,
            validation={k: round(v, 4) for k, v in scores.iou.items()} if scores else {},
            validated_pixels={k: scores.pixels[k] for k in scores.iou} if scores else {},
            validated_at_step=(scored_at or step) if scores else None,
            class_shares=self._shares.told,
            score_shift=by,
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
        if self._judge.last_word:
            self._sampler.release()

    @property
    def _parts(self) -> dict[str, Any]:
        return {
            "net": self.net,
            "average": self._average,
            "optimiser": self._optimiser,
            "precision": self._precision,
            "accumulation": self._accumulation,
            "supply": self._supply,
            "teacher": self._teacher,
            "shares": self._shares,
            "judge": self._judge,
            "curve": self._curve,
        }
