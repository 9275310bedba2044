"""How many patches a step has, by the memory that there is."""

import dataclasses

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.events import TrainingStarted
from napari_fcnseg.nets.costs import memory
from napari_fcnseg.training import batch as module
from napari_fcnseg.training.batch import SHARE, choose_batch

RECIPE = fs.Recipe(net_options={"depth": 2, "width": 4}, patch=32, batch=0, steps=4)
CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))


@pytest.fixture
def net():
    return fs.build_net("unet_light", 1, 3, depth=2, width=4)


@pytest.fixture
def available(monkeypatch):
    def tell(bytes_):
        monkeypatch.setattr(module, "available_memory", lambda device: bytes_)

    return tell


def room_for(net, patches):
    """Bytes that must be available, just so."""
    return round(memory(net, (32, 32), patches, train=True) / SHARE) + 1


@pytest.mark.parametrize("device", [CPU, CUDA])
@pytest.mark.parametrize(
    ("room", "batch"), [(1, 1), (2, 2), (3, 2), (16, 16), (31, 16), (64, 64), (1000, 64)]
)
def test_as_many_as_fit_is_a_power_of_two(net, available, device, room, batch):
    available(room_for(net, room))
    assert choose_batch(net, RECIPE, device) == (batch, 1)


@pytest.mark.parametrize(("room", "parts"), [(10, 1), (9, 2), (5, 2), (4, 4), (2, 8), (1, 10)])
def test_a_processor_is_given_what_fits(net, available, room, parts):
    available(room_for(net, room))
    assert choose_batch(net, dataclasses.replace(RECIPE, batch=10), CPU) == (10, parts)


def test_too_little_memory_leaves_the_smallest_parts(net, available):
    available(0)
    net.min_batch = 4
    assert choose_batch(net, RECIPE, CPU) == (4, 1)
    assert choose_batch(net, dataclasses.replace(RECIPE, batch=10), CPU) == (10, 2)


def test_a_card_is_tried_with_what_is_asked_for(net, available):
    available(0)
    assert choose_batch(net, dataclasses.replace(RECIPE, batch=10), CUDA) == (10, 1)


def test_where_nobody_tells_it_is_the_usual_number(net, available):
    available(None)
    assert choose_batch(net, RECIPE, MPS) == (8, 1)
    assert choose_batch(net, dataclasses.replace(RECIPE, batch=3), CPU) == (3, 1)


def test_a_run_keeps_its_number_when_there_is_more_memory(painted, stopped, net, available):
    image, _, strokes = painted
    available(room_for(net, 5))
    whole = fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    assert whole.provenance["batch"] == 4
    go_on = stopped(RECIPE, 2, device="cpu")
    available(room_for(net, 64))
    started, *_, last = go_on()
    assert isinstance(started, TrainingStarted)
    assert "a step has 4 patches, as many as fit" in started.notes
    assert last.model.provenance["batch"] == 4
    mine, theirs = (m.net.state_dict() for m in (whole, last.model))
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())
