import threading

import pytest
from qtpy.QtCore import QTimer

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import Event, Note, Step, Steps
from napari_fcnseg.gui import job as module
from napari_fcnseg.gui.job import Ended, Failed, Job


def step(n):
    return Step(n, 1.0, 1e-3, 0.5, 0.0, model=lambda: None, best=lambda: None)


class Work:
    """A job of the engine that notes how it was treated."""

    def __init__(self, events, error=None):
        self.events, self.error = events, error
        self.closed, self.thread = threading.Event(), None

    def __call__(self):
        return Steps(self.run())

    def run(self):
        self.thread = threading.get_ident()
        try:
            yield from self.events
            if self.error:
                raise self.error
        finally:
            self.closed.set()


def forever():
    while True:
        yield Event()


@pytest.fixture
def start(qtbot):
    received = []

    def start(work, receive=None):
        job = Job(work, receive or (lambda e: received.append((e, threading.get_ident()))))
        job.start()
        return job, received

    return start


def test_events_reach_the_window_and_the_end_is_the_last(qtbot, start):
    work = Work([Event(), Event()])
    job, received = start(work)
    qtbot.waitUntil(lambda: not job.running)
    assert [e for e, _ in received] == [Event(), Event(), Ended(stopped=False)]
    assert {t for _, t in received} == {threading.get_ident()}
    assert work.thread != threading.get_ident()
    assert work.closed.is_set()


def test_stop_closes_the_steps(qtbot, start):
    work = Work(forever())
    job, received = start(work)
    qtbot.waitUntil(lambda: len(received) > 3)
    job.stop()
    qtbot.waitUntil(lambda: not job.running)
    assert work.closed.is_set()
    assert received[-1][0] == Ended(stopped=True)


@pytest.mark.parametrize("error", [RuntimeError("CUDA error"), ImageError("no pixels")])
def test_errors_are_events(qtbot, start, error):
    job, received = start(Work([Event()], error))
    qtbot.waitUntil(lambda: not job.running)
    assert [e for e, _ in received] == [Event(), Failed(error), Ended(stopped=False)]


def test_an_error_before_the_first_event_is_an_event_too(qtbot, start):
    def make():
        raise ImageError("truncated")

    job, received = start(make)
    qtbot.waitUntil(lambda: not job.running)
    assert isinstance(received[0][0], Failed)


def test_nobody_is_called_after_the_widget_is_gone(qtbot, start):
    work = Work(forever())
    job, received = start(work)
    qtbot.waitUntil(lambda: len(received) > 1)
    job.abandon()
    count = len(received)
    qtbot.waitUntil(lambda: not job.running)
    assert work.closed.is_set()
    assert len(received) == count


def test_many_steps_do_not_flood_the_window_but_the_last_arrives_with_a_stop(qtbot, start):
    def steps():
        n = 0
        while True:
            n += 1
            yield step(n)

    work = Work(steps())
    job, received = start(work)
    qtbot.wait(350)
    job.stop()
    qtbot.waitUntil(lambda: not job.running)
    shown = [e.step for e, _ in received if isinstance(e, Step)]
    assert 2 <= len(shown) <= 6
    assert shown[-1] > 100


def test_it_rests_while_the_window_draws(qtbot):
    """What it does after such an event waits for the turns of the window that follow."""
    drawn, before = [], []

    def steps():
        for i in range(3):
            yield Note(str(i))
            before.append(len(drawn))

    def receive(event):
        if isinstance(event, Note):
            QTimer.singleShot(0, lambda: drawn.append(event))

    job = Job(steps, receive, draws=(Note,))
    job.start()
    qtbot.waitUntil(lambda: not job.running)
    assert before == [1, 2, 3]


def test_it_does_not_wait_for_a_window_that_does_not_answer(qtbot, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    monkeypatch.setattr(module, "TURN", 10_000)

    def steps():
        for i in range(3):
            yield Note(str(i))

    job = Job(steps, lambda event: None, draws=(Note,))
    job.start()
    qtbot.waitUntil(lambda: not job.running, timeout=5000)
