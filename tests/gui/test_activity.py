"""Jobs in napari's activity dock."""

import threading

import pytest
from napari.utils import progress
from tests.gui.conftest import MINUTE

from napari_fcnseg.errors import ImageError
from napari_fcnseg.events import Event, Steps
from napari_fcnseg.gui.panel import JobPanel


def bars():
    return [bar for bar in progress._all_instances if bar.desc.startswith("Label ")]


@pytest.fixture
def panel(qtbot):
    panel = JobPanel("Start", "Stop", "Label things")
    qtbot.addWidget(panel)
    return panel


@pytest.fixture
def begin(panel, qtbot):
    """Start a job that goes on until it may end; return what lets it."""
    last = threading.Event()

    def begin(error=None, counted=True):
        def steps():
            while not last.wait(0.1):
                yield Event()
            if error:
                raise error

        receive = lambda event: panel.show_progress(0.25, "1 of 4 tiles")  # noqa: E731
        panel.run(lambda: Steps(steps()), receive, counted)
        return last

    yield begin
    last.set()
    qtbot.waitUntil(lambda: panel.job is None, timeout=MINUTE)


@pytest.mark.parametrize("end", ["end", "failure", "cancel"])
def test_a_job_comes_up_with_its_progress_and_goes_when_it_ends(
    viewer, panel, begin, qtbot, end, told
):
    last = begin(ImageError("torn") if end == "failure" else None)
    qtbot.waitUntil(lambda: bool(bars()) and bars()[0].n == 250, timeout=MINUTE)
    (bar,) = bars()
    etas = []
    bar.events.eta.connect(lambda event: etas.append(event.value))
    qtbot.waitUntil(lambda: any("1 of 4 tiles, " in eta for eta in etas), timeout=MINUTE)
    assert any(eta.endswith(" left") for eta in etas)
    panel.stop() if end == "cancel" else last.set()
    qtbot.waitUntil(lambda: panel.job is None, timeout=MINUTE)
    assert not bars()
    assert bool(told) == (end == "failure")


def test_what_is_one_step_does_not_come_up(panel, begin, qtbot):
    last = begin(counted=False)
    qtbot.wait(700)
    assert not bars()
    last.set()
    qtbot.waitUntil(lambda: panel.job is None, timeout=MINUTE)


def test_it_goes_with_its_widget(panel, begin, qtbot):
    begin()
    qtbot.waitUntil(lambda: bool(bars()), timeout=MINUTE)
    panel.abandon()
    assert not bars()
