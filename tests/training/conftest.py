import functools

import pytest

import napari_fcnseg as fs
from napari_fcnseg.events import Step


@pytest.fixture
def stopped(painted, tmp_path):
    """Train with a checkpoint and stop after a step; calling what comes back goes on."""
    image, _, strokes = painted

    def stop(recipe, step, **options):
        options = {"axes": "ZYX", "checkpoint": tmp_path / "run.checkpoint"} | options
        go_on = functools.partial(fs.train, image, strokes, recipe, resume=True, **options)
        job, reached = go_on(), 0
        for event in job:
            reached = event.step if isinstance(event, Step) else reached
            if reached == step:
                job.close()
        assert reached == step
        return go_on

    return stop
