"""One training run: network, optimiser and the best weights so far."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn

from napari_fcnseg.annotations.extent import short_sighted
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.images.normalise import fit_normalisation
from napari_fcnseg.models.model import Model, sample_size
from napari_fcnseg.nets.device import channels_last, choose_device, place
from napari_fcnseg.nets.geometry import AxisGeometry, legal_size
from napari_fcnseg.nets.registry import build_net
from napari_fcnseg.training.augment import augment, window_size
from napari_fcnseg.training.hold_out import hold_out
from napari_fcnseg.training.losses import masked_cross_entropy, masked_dice
from napari_fcnseg.training.patches import PatchSampler, Source
from napari_fcnseg.training.prepare import TrainingData
from napari_fcnseg.training.recipe import Recipe
from napari_fcnseg.training.schedule import rate_factor
from napari_fcnseg.training.start import take_weights
from napari_fcnseg.training.validate import Scores, Validator

CLIP = 12.0  # largest norm of the gradient


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
        self._rng = np.random.default_rng(recipe.seed)
        self._torch_rng = torch.Generator().manual_seed(recipe.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.net = build_net(
                recipe.net, data.images[0].channels, len(data.classes), **recipe.net_options
            )
        if start:
            take_weights(self.net, start, data.classes)
        if recipe.batch < self.net.min_batch:
            raise RecipeError(
                f"batch = {recipe.batch}: {recipe.net} needs at least {self.net.min_batch} patches "
                "per step, as it normalises maps of one pixel over the batch"
            )
        for image in data.images:
            self.net.check_axes(image.kept, image.name)
        geometry = self.net.geometry
        self._patch = patch_size(geometry, recipe)
        place(self.net, self.device)
        self._optimiser = torch.optim.AdamW(_decayed(self.net, recipe.weight_decay), lr=recipe.rate)
        splits = hold_out(
            data.annotations, recipe.validation, recipe.gap, geometry[-1].stride, self._rng
        )
        sources = [
            Source(*parts) for parts in zip(data.images, data.annotations, splits, strict=True)
        ]
        self.normalisation = (
            start.normalisation if start else fit_normalisation(data.images, recipe.normalisation)
        )
        self._start = {"started_from": start.name} if start else {}
        class_ids = [c.id for c in data.classes]
        self._sampler = PatchSampler(sources, class_ids, self.normalisation)
        self.validator = Validator(self._sampler, self.net, data.classes, self._rng)
        self.steps = 0
        self._record: Scores | None = None
        self._best: tuple[Scores, dict[str, Any], int] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know before it starts."""
        sees = self.net.geometry[-1].field[0]
        return (*self.data.notes, *short_sighted(sees, self.data.annotations), *self._unscored())

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
        rate = self.recipe.rate * rate_factor(progress, self.recipe.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        *slices, _, edge = self._patch
        window = (*slices, *[window_size(edge, self.recipe)] * 2)
        margins = list(zip(self.net.margin, self._patch, strict=True))
        core = [n - 2 * m for m, n in margins]
        images, targets = self._sampler.draw(self.recipe.batch, window, core, self._rng)
        x, y = augment(
            torch.from_numpy(images).to(self.device),
            torch.from_numpy(targets).to(self.device),
            edge,
            self.recipe,
            self._torch_rng,
        )
        y = y[(slice(None), *(slice(m, n - m) for m, n in margins))]
        self.net.train()
        logits = self.net(channels_last(x))
        loss = masked_cross_entropy(logits, y)
        if self.recipe.dice:
            loss = loss + self.recipe.dice * masked_dice(logits, y)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        self._optimiser.step()
        self.steps += 1
        return float(loss.detach()), rate

    def validate(self) -> tuple[Scores, bool] | None:
        """Score the network as it is and keep it if it is the best.

        ``None`` without held-out labels. Late weights have learned at a low rate: they win
        within one standard error of the highest score (the one-standard-error rule, Breiman
        et al. 1984). Where a class cannot be scored, the others' scores do not tell the best
        network, and the latest wins.
        """
        if not self.validator.scored:
            return None
        scores = self.validator.score(self.net)
        if self._record is None or scores.mean > self._record.mean:
            self._record = scores
        all_scored = len(scores.iou) == len(self.data.classes)
        best = not all_scored or scores.mean >= self._record.mean - self._record.error
        if best:
            self._best = scores, copy.deepcopy(self.net.state_dict()), self.steps
        return scores, best

    def model(self) -> Model:
        """Model with a copy of the network as it is now."""
        return self._model(self.net.state_dict(), None, self.steps)

    def best(self) -> Model:
        """Model with a copy of the best network so far."""
        if self._best is None:
            return self.model()
        scores, state, step = self._best
        return self._model(state, scores, step)

    def _model(self, state: dict[str, Any], scores: Scores | None, step: int) -> Model:
        net = copy.deepcopy(self.net)
        net.load_state_dict(state)
        return Model(
            net=net.cpu().eval(),
            normalisation=self.normalisation,
            classes=self.data.classes,
            recipe=self.recipe,
            name=self.name,
            sample=self.data.sample(sample_size(self.net)),
            provenance={
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "versions": {p: version(p) for p in ("napari-fcnseg", "torch", "numpy")},
                "device": str(self.device),
                "steps": self.steps,
                "weights_of_step": step,
                "images": [f"{i.name} {i.axes} {i.shape} {i.dtype}" for i in self.data.images],
                "labelled_pixels": self.data.pixels,
                **self._start,
                "validation": {k: round(v, 4) for k, v in scores.iou.items()} if scores else {},
            },
        )


def patch_size(geometry: Sequence[AxisGeometry], recipe: Recipe) -> tuple[int, ...]:
    """Legal size of what a training patch shows, ``(Y, X)`` or ``(Z, Y, X)``; Y and X are equal."""
    *slices, rows, _ = geometry
    asked = [recipe.slices or (1 if a.margin else max(a.field)) for a in slices]
    along = zip([*asked, recipe.patch, recipe.patch], [*slices, rows, rows], strict=True)
    return tuple(legal_size(n + 2 * a.margin, a.min_size, a.stride) for n, a in along)


def _decayed(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameter groups: weights of convolutions decay, norms and biases do not."""
    parameters = list(net.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
