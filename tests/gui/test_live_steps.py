import threading
import time

import numpy as np
import pytest
from tests.conftest import make_model

from napari_fcnseg.errors import PlanError
from napari_fcnseg.events import Event, Step, Steps, Teaching, Trained, Validated
from napari_fcnseg.gui import live_steps as module
from napari_fcnseg.gui.job import Failed
from napari_fcnseg.gui.live_steps import LiveSteps, Resting
from napari_fcnseg.gui.preview import Look, Preview
from napari_fcnseg.gui.versions import Version
from napari_fcnseg.gui.wishes import Wishes
from napari_fcnseg.images.image import Image


class Run:
    """A training that is made of given events, watched by a person."""

    def __init__(self, events):
        self.model, self.events, self.closed = make_model(), events, False
        self.wishes, self.look = Wishes(), Look(((0, 1), (0, 40), (0, 40)))
        image = Image(np.zeros((4, 40, 40), np.uint8), "ZYX")
        self.steps = LiveSteps(self.start, image, lambda: self.look, self.wishes, "cpu")

    def start(self):
        return Steps(self.run())

    def run(self):
        try:
            yield from self.events(self)
        finally:
            self.closed = True

    def step(self, n, progress=0.0):
        model = lambda: self.model  # noqa: E731
        return Step(n, 1.0, 1e-3, progress, float(n), model=model, best=model)

    def until(self, kind):
        """Go on to the next event of a kind."""
        return next(event for event in self.steps if isinstance(event, kind))


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch):
    monkeypatch.setattr(module, "INTERVAL", 0.0)


def endless(run):
    n = 0
    while True:
        n += 1
        yield run.step(n)


def teaching(run):
    yield run.step(1)
    while True:
        yield Teaching(0.5)


def test_another_slice_is_seen_while_the_training_rests():
    run = Run(endless)
    run.until(Preview)
    before = run.until(Step).step
    run.wishes.held = True
    run.until(Resting)
    for z in (2, 3):
        run.look = Look(((z, z + 1), (0, 40), (0, 40)))
        assert run.until(Preview).spans == run.look.spans
    assert [type(next(run.steps)) for _ in range(5)] == [Resting] * 5  # nothing new is to be seen
    run.wishes.held = False
    assert run.until(Step).step == before + 1
    run.steps.close()


def test_a_rest_takes_no_time_of_the_processor():
    run = Run(endless)
    run.wishes.held = True
    run.until(Resting)
    run.until(Resting)
    began, spent = time.monotonic(), time.thread_time()
    while time.monotonic() < began + 1:
        assert isinstance(next(run.steps), Resting)
    assert time.thread_time() - spent < 0.1
    run.steps.close()


def test_it_can_be_stopped_while_it_rests():
    run = Run(endless)
    run.wishes.held = True
    run.until(Resting)
    run.steps.close()
    assert run.closed


def test_it_goes_on_at_once():
    run = Run(endless)
    run.wishes.held = True
    run.until(Resting)
    assert run.wishes.held
    threading.Timer(0.05, lambda: setattr(run.wishes, "held", False)).start()
    assert run.until(Step)
    run.steps.close()


def test_another_slice_is_seen_while_labels_are_made():
    run = Run(teaching)
    first = run.until(Preview)
    events = [next(run.steps) for _ in range(4)]
    assert all(isinstance(event, Teaching) for event in events)  # nothing new is to be seen
    run.look = Look(((2, 3), (0, 40), (0, 40)), unsure=True)
    second = run.until(Preview)
    assert first.unsure is None
    assert second.unsure.shape == second.labels.shape == (1, 40, 40)
    assert 0 < second.unsure.max() <= 1
    run.steps.close()


def test_errands_are_done_with_the_network_of_the_moment():
    run = Run(endless)

    def errand(model):
        assert model is run.model
        yield Event()

    def failing(model):
        raise PlanError("the region is not inside the image")
        yield

    run.wishes.ask(failing)
    run.wishes.ask(errand)
    assert str(run.until(Failed).error) == "the region is not inside the image"
    assert type(next(run.steps)) is Event
    assert run.until(Step)  # the training goes on
    run.steps.close()


def test_a_long_errand_does_not_keep_the_view_waiting():
    run = Run(endless)

    def errand(model):
        while True:
            yield Event()

    run.until(Preview)
    run.wishes.ask(errand)
    while type(next(run.steps)) is not Event:
        pass
    run.look = Look(((3, 4), (0, 40), (0, 40)))
    assert isinstance(next(run.steps), Preview)
    run.steps.close()


def test_versions_come_with_their_scores_and_in_the_end_the_model_is_shown():
    def events(run):
        for n in range(1, 21):
            yield run.step(n, n / 20)
            if n == 10:
                yield Validated(n, {"cell": 0.5}, {"cell": 99}, 0.5, True)
        yield Trained(run.model, 20, 20.0)

    found = list(Run(events).steps)
    versions = [event for event in found if isinstance(event, Version)]
    assert [v.step for v in versions] == [2, 4, 6, 8, 10, 10, 12, 14, 16, 18, 20]
    assert [v.mean_iou for v in versions if v.mean_iou is not None] == [0.5]
    previews = [event for event in found if isinstance(event, Preview)]
    assert [p.final for p in previews if p.final] == [True]
    assert previews[-1].final
