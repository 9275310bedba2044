"""One training run: network, optimiser and the best weights so far."""

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from napari_fcnseg.annotations.extent import short_sighted
from napari_fcnseg.annotations.index import Plane
from napari_fcnseg.images.fingerprint import tell_image
from napari_fcnseg.images.normalise import fit_normalisation
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.model import Model
from napari_fcnseg.nets.device import choose_device, full_float32, place
from napari_fcnseg.training.accumulate import Accumulation
from napari_fcnseg.training.average import Average, estimate_statistics
from napari_fcnseg.training.batch import choose_batch
from napari_fcnseg.training.best import Best
from napari_fcnseg.training.hold_out import hold_out
from napari_fcnseg.training.objective import Objective
from napari_fcnseg.training.optimiser import Optimiser
from napari_fcnseg.training.outcome import make_model
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.precision import Precision
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
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
    ) -> None:
        if start:  # its weights fit its own normalisation
            recipe = replace(recipe, normalisation=start.normalisation.kind)
        self.data, self.recipe, self.name = data, recipe, name
        self.device = choose_device(device)
        rng = np.random.default_rng(recipe.seed)
        self.net = make_net(data, recipe, start)
        place(self.net, self.device)
        stride = self.net.geometry[-1].stride
        splits = hold_out(data.annotations, recipe.validation, recipe.gap, stride, rng)
        sources = [
            Source(*parts) for parts in zip(data.images, data.annotations, splits, strict=True)
        ]
        self.normalisation = (
            start.normalisation if start else fit_normalisation(data.images, recipe.normalisation)
        )
        self._sampler = PatchSampler(sources, [c.id for c in data.classes], self.normalisation)
        self.validator = Validator(self._sampler, self.net, data.classes, rng)
        self._supply = Supply(self._sampler, self.net, recipe, self.device, rng)
        self._objective = self._make_objective()
        self._precision = Precision(recipe.precision, self.device)
        self._optimiser = Optimiser(self.net, recipe, self._precision)
        self._average = Average(self.net, recipe.average)
        self._best = Best(len(data.classes))
        self._images = [tell_image(image) for image in data.images]  # read once
        self._start = start and fingerprint(start)
        self._began = {"started_from": start.name} if start else {}
        self.news: list[str] = []
        batch, parts = choose_batch(self.net, recipe, self.device)
        self._accumulation = Accumulation(self.net, self.device, batch, parts, self.news.append)
        self.steps = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before it starts."""
        sees = self.net.geometry[-1].field[0]
        seen = short_sighted(sees, self.data.annotations)
        return (*self.data.notes, *seen, *self._unscored(), *self._unjudged(), *self._divided())

    @property
    def judged(self) -> bool:
        """Whether scores tell how good the network is: those of all classes together do."""
        return len(self.validator.scored) == len(self.data.classes)

    def _unjudged(self) -> list[str]:
        """Tell that scores cannot end it early."""
        idle = self.recipe.patience and not self.judged
        return ["without scores of all classes, patience does nothing"] * bool(idle)

    def _divided(self) -> list[str]:
        """Tell how many patches a step has, and at once, where the recipe says other or nothing."""
        found = [self._accumulation.note] if self._accumulation.note else []
        if not self.recipe.batch:
            found.insert(0, f"a step has {self._accumulation.batch} patches, as many as fit")
        return found

    def _unscored(self) -> list[str]:
        """Name the classes that cannot be validated."""
        unscored = [c.name for c in self.data.classes if c.name not in self.validator.scored]
        if not self.recipe.validation or not unscored:
            return []
        if len(unscored) == len(self.data.classes):
            return ["too few strokes to hold any out: there will be no validation scores"]
        return [f"too few strokes to validate {', '.join(unscored)}: paint it in more places"]

    def step(self, progress: float) -> tuple[float, float]:
        """Take one optimisation step at `progress` through the budget; loss and rate."""
        x, y = self._supply(self._accumulation.batch)
        y = self._objective.drop(y, self._supply.torch_rng)
        self.net.train()
        loss = self._accumulation.attempt(lambda: self._learn(x, y), x.shape)
        rate, taken = self._optimiser.step(progress)
        if taken:
            self._average.update()
        self.steps += 1
        return float(loss), rate

    def _learn(self, x: Tensor, y: Tensor) -> Tensor:
        """Take the gradient of a batch; return its loss."""
        with self._seeded(), self._precision.step():
            with self._precision.forward():
                logits = self._accumulation.logits(x)
            loss = self._objective(logits.float(), y)
            self._optimiser.take_gradient(loss)
        return loss.detach()

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

    def validate(self) -> tuple[Scores, bool] | None:
        """Score the network as it is and keep it if it is the best.

        ``None`` without held-out labels.
        """
        if not self.validator.scored:
            return None
        with full_float32(self.device):  # as a prediction does
            scores = self.validator.score(self._average.net)
        weights = self._average.net.state_dict()
        return scores, self._best.offer(scores, weights, self.steps)

    def model(self) -> Model:
        """Model with a copy of the network as it is now."""
        return self._model(None, self._average.net.state_dict(), self.steps)

    def best(self) -> Model:
        """Model with a copy of the best network so far."""
        return self._model(*self._best.found) if self._best.found else self.model()

    def _model(self, scores: Scores | None, weights: Mapping[str, Any], step: int) -> Model:
        net = copy.deepcopy(self.net)
        net.load_state_dict(weights)
        return make_model(
            net,
            self.data,
            self.recipe,
            self.normalisation,
            self.name,
            images=[f"{i.name} {t}" for i, t in zip(self.data.images, self._images, strict=True)],
            device=str(self.device),
            precision=self._precision.name,
            **self._accumulation.state_dict(),
            steps=self.steps,
            weights_of_step=step,
            **self._began,
            validation={k: round(v, 4) for k, v in scores.iou.items()} if scores else {},
        )

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the run, as plain data."""
        return {
            "recipe": self.recipe.to_dict(),
            "classes": [(c.id, c.name) for c in self.data.classes],
            "images": self._images,
            "labels": [a.index.fingerprint for a in self.data.annotations],
            "start": self._start,
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
            "precision": self._precision,
            "accumulation": self._accumulation,
            "supply": self._supply,
            "best": self._best,
        }
