"""A training run that is stopped goes on as if it had never been."""

import dataclasses
import os
import shutil

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import OutputError
from napari_fcnseg.events import Step, TrainingStarted
from napari_fcnseg.training import checkpoint as module

UNET = fs.Recipe(net_options={"depth": 2, "width": 4}, patch=32, batch=2, steps=12)
# Dropout draws from PyTorch's own generator.
FCN = fs.Recipe(net="fcn8s", net_options={"width": 2}, patch=64, batch=2, steps=6, drop=0.3)


def weights(model):
    return model.net.state_dict()


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("recipe", [UNET, dataclasses.replace(UNET, average=0.0), FCN])
def test_stopped_and_continued_it_is_the_same_bit_for_bit(painted, recipe, stopped):
    image, _, strokes = painted
    whole = fs.fit(image, strokes, recipe, axes="ZYX")
    for step in (recipe.steps // 3, recipe.steps // 2):
        torch.rand(3)  # other users of PyTorch's generator change nothing
        go_on = stopped(recipe, step)
    last = go_on().wait()
    assert same(weights(last.model), weights(whole))
    assert last.model.provenance["validation"] == whole.provenance["validation"]
    assert last.steps == recipe.steps


def test_a_killed_run_goes_on_from_what_it_wrote_last(painted, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "EVERY", -1)
    image, _, strokes = painted
    path, copy = tmp_path / "run.checkpoint", tmp_path / "copy"
    for event in fs.train(image, strokes, UNET, axes="ZYX", checkpoint=path):
        if isinstance(event, Step) and event.step == 7:
            shutil.copy(path, copy)  # as it lies there when the power fails
    events = list(fs.train(image, strokes, UNET, axes="ZYX", checkpoint=copy, resume=True))
    assert isinstance(events[0], TrainingStarted)
    assert events[0].step == 7
    assert next(e.step for e in events if isinstance(e, Step)) == 8
    assert same(weights(events[-1].model), weights(event.model))
    assert not list(tmp_path.glob("*.partial"))


def test_a_finished_run_is_not_trained_again(painted, tmp_path):
    image, _, strokes = painted
    job = {"axes": "ZYX", "checkpoint": tmp_path / "c"}
    first = fs.fit(image, strokes, UNET, **job)
    again = list(fs.train(image, strokes, UNET, **job, resume=True))
    assert not [e for e in again if isinstance(e, Step)]
    assert same(weights(again[-1].model), weights(first))


def test_what_does_not_belong_together_is_refused(painted, tmp_path):
    image, _, strokes = painted
    path = tmp_path / "c"
    fs.fit(image, strokes, UNET, axes="ZYX", checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="left of an unfinished training: go on with it"):
        fs.train(image, strokes, UNET, axes="ZYX", checkpoint=path)
    other = dataclasses.replace(UNET, rate=1e-4)
    with pytest.raises(OutputError, match="begun with another recipe"):
        fs.train(image, strokes, other, axes="ZYX", checkpoint=path, resume=True)
    more = strokes.copy()
    more[2, :5, :5] = 1
    with pytest.raises(OutputError, match="begun with another labels"):
        fs.train(image, more, UNET, axes="ZYX", checkpoint=path, resume=True)
    with pytest.raises(OutputError, match="begun with another images"):
        fs.train(255 - image, strokes, UNET, axes="ZYX", checkpoint=path, resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half"])
def test_a_damaged_file_is_told(painted, tmp_path, content):
    image, _, strokes = painted
    path = tmp_path / "c"
    path.write_bytes(content)
    with pytest.raises(OutputError, match="is not a checkpoint of a training, or damaged"):
        fs.train(image, strokes, UNET, axes="ZYX", checkpoint=path, resume=True)


class Harmful:
    """Would make a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_cannot_run_code(painted, tmp_path):
    image, _, strokes = painted
    path = tmp_path / "c"
    torch.save({"format": 1, "identity": {}, "state": Harmful(tmp_path / "harm")}, path)
    with pytest.raises(OutputError, match="is not a checkpoint"):
        fs.train(image, strokes, UNET, axes="ZYX", checkpoint=path, resume=True)
    assert not (tmp_path / "harm").exists()
