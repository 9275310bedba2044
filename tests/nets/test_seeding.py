"""Threads share PyTorch's random numbers; none takes those of another."""

import threading

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.nets.seeding import seeded

RECIPE = fs.Recipe(
    net_options={"depth": 2, "width": 4}, patch=32, batch=2, gap=4, steps=3, pseudo=0.0,
    shares="painted",
)  # fmt: skip


@pytest.fixture
def others():
    """A thread that builds networks all the time."""
    stop = threading.Event()

    def build():
        while not stop.is_set():
            fs.build_net("unet", width=4, depth=2)

    thread = threading.Thread(target=build)
    yield thread
    stop.set()
    thread.join()


def test_a_seed_is_for_one_thread(others):
    with seeded(3):
        expected = [torch.rand(3) for _ in range(300)]
    others.start()
    with seeded(3):
        assert all(torch.equal(torch.rand(3), numbers) for numbers in expected)


def test_a_training_is_the_same_beside_other_networks(painted, others):
    image, _, strokes = painted
    alone = fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    others.start()
    beside = [fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu") for _ in range(3)]
    assert {fingerprint(model) for model in beside} == {fingerprint(alone)}


def test_generators_are_left_as_they_were():
    before = torch.get_rng_state()
    with seeded(5):
        torch.rand(9)
    assert torch.equal(torch.get_rng_state(), before)
