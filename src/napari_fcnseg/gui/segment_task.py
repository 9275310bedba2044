"""What a run of the Segment widget does, as it was chosen; done in a thread of its own."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer

from napari_fcnseg.errors import AxesError, FcnsegError, ModelError, OutputError
from napari_fcnseg.events import Event, Note, Predicted, PredictionStarted, Steps
from napari_fcnseg.gui.methods import Maker
from napari_fcnseg.gui.output import check_memory
from napari_fcnseg.gui.warm_up import prepare_labels
from napari_fcnseg.images.grid import Spans
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.output import partial_path
from napari_fcnseg.inference.begun import Begun, BegunOutputs
from napari_fcnseg.inference.doctor import check_data, unclear
from napari_fcnseg.inference.estimate import Estimate, estimate
from napari_fcnseg.inference.finding import Finding
from napari_fcnseg.inference.outlook import Outlook, look_ahead
from napari_fcnseg.inference.plane_method import PlaneMethod
from napari_fcnseg.inference.predict import predict
from napari_fcnseg.models.model import Model

_turn = Lock()  # a network is measured by one thread at a time


def _nothing(image: Image) -> Model:
    raise ModelError(f"there is no model that could segment {image.name}: choose one")


@dataclass(frozen=True)
class Ready(Event):
    """The image is open and the model, or the method, is made."""

    image: Image
    model: Model | PlaneMethod = field(repr=False)


@dataclass(frozen=True)
class Before:
    """What can be said before a run.

    Attributes
    ----------
    findings
        What a person should know.
    outlook
        What it will be like; ``None`` for a method without a network, or what cannot be run.
    planes
        How many a method labels.
    image
        What was opened, if it was.
    """

    findings: tuple[Finding, ...]
    outlook: Outlook | None = None
    planes: int = 0
    image: Image | None = None


@dataclass(frozen=True)
class Task:
    """What is chosen.

    Attributes
    ----------
    name
        Of the image.
    open
        Opens it, which may read all of it.
    make
        Makes, or finds, the model or the method for the image.
    model
        The model, if it is known already.
    source
        Layer of the image, if it has one.
    region
        Part of the image; by default all.
    strokes
        Labels that a method goes on from.
    out
        File for the labels; ``None``: memory.
    device, memory
        See `predict`.
    file, axes
        Where the image is from, and as what it is read, if that is known or stated.
    model_file, method
        Where the model is from, if that is known; or the method, as it is chosen.
    """

    name: str
    open: Callable[[], Image]
    make: Maker = _nothing
    model: Model | None = None
    source: ImageLayer | None = None
    region: Spans | None = None
    strokes: Image | None = None
    out: Path | None = None
    device: str = "auto"
    memory: str | None = None
    file: Path | None = None
    axes: str | None = None
    model_file: Path | None = None
    method: str | None = None

    def steps(self) -> Steps[Event]:
        """Return the job."""
        return Steps(self._run())

    def measured(self) -> Generator[Estimate, None, None]:
        """Measure one tile; nothing is written."""
        image = self.open()
        made = self.make(image)
        if not isinstance(made, Model):
            raise ModelError(
                f"{made.name} has no tiles that could be measured: it labels plane by plane. "
                "Segment the current slice to see how long one takes"
            )
        with _turn:
            cost = estimate(made, image, region=self.region, device=self.device, memory=self.memory)
        yield cost

    def look(self) -> Before:
        """Look at image and model, and plan; neither is run."""
        try:
            image = self.open()
        except AxesError as error:
            return Before((unclear(error),))
        with _turn:
            found = check_data(self.model, image, self.strokes, device=self.device)
            if self.model is None:
                spans = self.region or tuple((0, n) for n in image.kept_shape)
                planes = int(np.prod([stop - start for start, stop in spans[:-2]], dtype=int))
                return Before(found, planes=planes, image=image)
            try:
                plan = look_ahead(self.model, image, region=self.region, memory=self.memory)
            except FcnsegError as error:
                told = () if any(f.weight == "error" for f in found) else (str(error),)
                found = (*(Finding("plan", text, "error") for text in told), *found)
                return Before(found, image=image)
        return Before(found, plan, image=image)

    def _run(self) -> Generator[Event, None, None]:
        prepare_labels()  # whoever starts at once has not waited for it
        image = self.open()
        made = self.make(image)
        yield Ready(image, made)
        settings: dict[str, Any] = {"region": self.region, "device": self.device}
        if isinstance(made, Model):
            settings["memory"] = self.memory
        else:
            settings["device"] = "auto"
        with _turn:
            resume = self.out is not None and partial_path(self.out).exists()
            job = predict(made, image, self._output(image), resume=resume, **settings)
        with closing(job):
            for event in job:
                if isinstance(event, PredictionStarted | Predicted):
                    yield from self._remember(event, made.name)
                yield event

    def _output(self, image: Image) -> Any:
        """Return the file, or an array for the labels."""
        if self.out:
            return self.out
        shape = tuple(b - a for a, b in self.region) if self.region else image.kept_shape
        check_memory(shape)
        return np.zeros(shape, np.uint8)

    def _remember(self, event: Event, model: str) -> Generator[Note, None, None]:
        """Remember the file from its first tile to its last, so that a crash does not lose it."""
        if self.out is None:
            return
        out, begun = self.out.resolve(), BegunOutputs()
        try:
            if isinstance(event, Predicted):
                begun.forget(out)
            else:
                image = self.file, self.axes
                made = self.model_file, self.method
                begun.add(Begun(out, self.name, model, time.time(), *image, *made))
        except OutputError as error:  # that is no reason not to go on
            yield Note(str(error))
