import gc

import pytest

from napari_fcnseg.events import Event, Steps, TileDone


def run(log):
    try:
        for i in range(3):
            yield TileDone(i, 3, ())
    finally:
        log.append("closed")


def test_a_job_runs_while_it_is_iterated():
    log = []
    job = Steps(run(log))
    assert next(job).done == 0
    assert not log
    assert [event.done for event in job] == [1, 2]
    assert log == ["closed"]


def test_wait_returns_the_last_event():
    assert Steps(run([])).wait() == TileDone(2, 3, ())


def test_closing_stops_it():
    log = []
    job = Steps(run(log))
    next(job)
    job.close()
    assert log == ["closed"]
    with pytest.raises(StopIteration):
        next(job)


def test_a_job_that_never_ran_is_told():
    job = Steps(run([]))
    with pytest.warns(RuntimeWarning, match="never run; iterate over it or call its wait"):
        del job


def test_closing_an_untouched_job_is_no_mistake(recwarn):
    Steps(run([])).close()
    gc.collect()
    assert not recwarn
    assert isinstance(TileDone(1, 2, ()), Event)
