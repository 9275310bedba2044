"""Python's search for garbage does not stop the window for long."""

import gc
import weakref

import pytest
from tests.gui.conftest import MINUTE

from napari_fcnseg.gui import garbage as module
from napari_fcnseg.gui.garbage import only_new_garbage
from napari_fcnseg.gui.job import Job


class Cycle:
    def __init__(self):
        self.itself = self


def cycle():
    found = Cycle()
    return found, weakref.ref(found)


@pytest.fixture(autouse=True)
def _usual(qtbot):
    """As in a process of a person: the tests set objects aside, and leave threads behind."""
    qtbot.waitUntil(lambda: not module._busy, timeout=MINUTE)
    gc.unfreeze()


def test_what_was_there_is_looked_at_when_the_last_is_done():
    old, seen = cycle()
    with only_new_garbage():
        with only_new_garbage():
            assert gc.get_freeze_count() > 100_000
        del old
        gc.collect()
        assert seen() is not None
        new, lost = cycle()
        del new
        gc.collect()
        assert lost() is None
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert seen() is None


def test_what_somebody_else_has_set_aside_stays_so():
    gc.freeze()
    count = gc.get_freeze_count()
    new, lost = cycle()
    with only_new_garbage():
        del new
        gc.collect()
        assert lost() is None
    assert gc.get_freeze_count() == pytest.approx(count, rel=0.01)


def test_it_ends_with_an_error():
    with pytest.raises(ValueError, match="x"), only_new_garbage():
        raise ValueError("x")
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("stopped", [False, True])
def test_a_job_is_done_so(qtbot, stopped):
    found = []

    def steps():
        while not found or stopped:
            found.append(gc.get_freeze_count())
            yield None

    job = Job(steps, lambda event: None)
    job.start()
    if stopped:
        qtbot.waitUntil(lambda: len(found) > 3)
        job.stop()
    qtbot.waitUntil(lambda: not job.running)
    assert min(found) > 100_000
    assert gc.get_freeze_count() == 0
