"""Versions of a network along its training."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from napari_fcnseg.events import Event, Step, Validated
from napari_fcnseg.gui.model_jobs import keeping
from napari_fcnseg.gui.preferences import own_library
from napari_fcnseg.gui.wishes import Errand
from napari_fcnseg.models.model import Model

VERSIONS = 10  # of a training, beside those that a person keeps
MOST, LEAST = 12, 4  # in the list
ROOM = 2**30  # bytes of the weights of all; large networks have fewer versions


@dataclass(frozen=True)
class Version(Event):
    """A network as it was after a step.

    Attributes
    ----------
    step, elapsed
        Of its training: steps, and seconds.
    model
        With a copy of the weights.
    iou
        By class name, on held-out labels; empty where there was no score.
    mean_iou
        Mean over the classes, or ``None``.
    best
        Whether its weights were the best so far.
    kept
        Whether a person keeps it: it stays in the list.
    run
        Which training of this window it is of, from 1 on.
    """

    step: int
    elapsed: float
    model: Model = field(repr=False, compare=False)
    iou: Mapping[str, float] = field(default_factory=dict)
    mean_iou: float | None = None
    best: bool = False
    kept: bool = False
    run: int = 1

    @classmethod
    def of(cls, step: Step, model: Model, scores: Validated | None = None) -> Self:
        """Return the version of a step, with its scores if it has any."""
        if scores is None:
            return cls(step.step, step.elapsed, model)
        iou, mean = scores.iou, scores.mean_iou
        return cls(step.step, step.elapsed, model, iou, mean, scores.best)

    @property
    def name(self) -> str:
        """Name for people, unique among the versions of a window."""
        return f"{f'run {self.run}, ' * (self.run > 1)}step {self.step}"


class Versions:
    """A few versions: the first, the last, the best, those kept, and others evenly between.

    Of earlier trainings the best stays, and what was kept.

    Attributes
    ----------
    run
        Which training is under way.
    """

    def __init__(self) -> None:
        self._all: list[Version] = []
        self.run = 0

    def __iter__(self) -> Iterator[Version]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def best(self) -> list[Version]:
        """Best of each training that was scored: of later weights that are as good, the last."""
        found = {v.run: v for v in self._all if v.best}
        return list(found.values())

    def begin(self) -> None:
        """Begin with a new training."""
        self.run += 1
        best = self.best
        self._all = [v for v in self._all if v.kept or v in best]

    def add(self, version: Version) -> None:
        """Take in a version of the training under way; again, if more is known of it now."""
        version = replace(version, run=self.run)
        for old in [v for v in self._all if (v.run, v.step) == (version.run, version.step)]:
            self._all.remove(old)
            scored = old if version.mean_iou is None else version
            version = replace(scored, model=version.model, kept=old.kept or version.kept)
        self._all.append(version)
        while len(self._all) > self._room(version.model) and (spare := self._spare()):
            self._all.remove(spare)

    @staticmethod
    def _room(model: Model) -> int:
        weights = sum(int(w.nbytes) for w in model.net.state_dict().values())
        return min(MOST, max(LEAST, ROOM // max(1, weights)))

    def _spare(self) -> Version | None:
        """Return the version that is missed least: its neighbours are nearest."""
        best, found, nearest = self.best, None, math.inf
        for i in range(1, len(self._all) - 1):
            before, this, after = self._all[i - 1 : i + 2]
            first = this.run > before.run
            if this.kept or this in best or first:
                continue
            gap = after.step - before.step if after.run == before.run else this.step - before.step
            if gap < nearest:
                found, nearest = this, gap
        return found


def keeping_now(elapsed: float) -> Errand:
    """Return what keeps the network as it is, after so many seconds, also among the models."""

    def work(model: Model) -> Iterator[Event]:
        version = Version(model.provenance["weights_of_step"], elapsed, model, kept=True)
        yield version
        yield from keeping(own_library(), replace(model, name=f"{model.name} {version.name}"))()

    return work
