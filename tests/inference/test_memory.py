"""Tiles keep to the memory that there is."""

import time

import numpy as np
import pytest
import torch
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import DeviceError, PlanError
from napari_fcnseg.inference.budget import make_plan, parse_memory, tile_memory
from napari_fcnseg.inference.plan import plan
from napari_fcnseg.inference.runner import Runner

LARGE = fs.Image(np.lib.stride_tricks.as_strided(np.uint8(0), (40, 9000, 9000), (0, 0, 0)), "ZYX")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2 * 10**9),
        ("1.5 GiB", 3 * 2**29),
        ("800m", 8 * 10**8),
        ("4096", 4096),
        ("1kib", 1024),
    ],
)
def test_amounts_of_memory(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "2 apples", "1.2.3GB", "-1GB"])
def test_no_amounts(text):
    with pytest.raises(PlanError, match="is no amount of memory; say for example 2GB"):
        parse_memory(text)


@pytest.mark.parametrize("name", ["unet_light", "unet3d_light", "fcn8s"])
@pytest.mark.parametrize("budget", ["800MB", "2GB"])
def test_tiles_are_as_large_as_memory_allows(name, budget):
    with torch.device("meta"):
        net = fs.build_net(name)
    used = tile_memory(net, make_plan(net, net.geometry, LARGE, memory=budget).largest)
    assert 0.5 * parse_memory(budget) < used <= parse_memory(budget)


def test_small_images_take_one_tile_in_any_memory():
    net = fs.build_net("unet_light")
    image = fs.Image(np.zeros((300, 400), np.uint8), "YX")
    assert len(make_plan(net, net.geometry, image, memory="2GB")) == 1


def test_too_little_memory_is_told():
    net = fs.build_net("unet_light")
    with pytest.raises(PlanError, match=r"2 MB of memory are too little.*even small tiles take"):
        make_plan(net, net.geometry, LARGE, memory="2MB")


@pytest.mark.parametrize("output", ["labels", "probabilities"])
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory"),
    ],
)
def test_tiles_without_room_are_halved_to_the_same_pixels(monkeypatch, output, error):
    model = make_model(padding="valid", depth=2)
    image = np.random.default_rng(0).integers(0, 256, (2, 150, 211), dtype=np.uint8)
    whole = fs.segment(model, image, output, axes="ZYX")
    tried = []
    run = Runner.__call__

    def small_only(self, block, tile, context=()):
        tried.append(block.size)
        if block.size > 9000:
            raise error
        return run(self, block, tile, context)

    monkeypatch.setattr(Runner, "__call__", small_only)
    found = fs.segment(model, image, output, axes="ZYX")
    assert np.abs(found.astype(float) - whole).max() < 1e-5
    assert sum(size > 9000 for size in tried) <= 6  # it is remembered
    monkeypatch.setattr(Runner, "__call__", lambda *_: (_ for _ in ()).throw(error))
    with pytest.raises(DeviceError, match="not enough memory for this network"):
        fs.segment(model, image, output, axes="ZYX")


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch):
    def broken(*_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(Runner, "__call__", broken)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        fs.segment(make_model(), np.zeros((50, 50), np.uint8))


def test_halves_make_the_tile():
    net = fs.build_net("unet_light", width=1)
    tiles = plan("ZYX", (3, 500, 700), net.geometry, 300, ((1, 3), (7, 480), (33, 699)))
    for tile in tiles:
        halves = tiles.halves(tile)
        for part in halves:
            assert all(
                a >= c and b <= d for (a, b), (c, d) in zip(part.source, tile.source, strict=True)
            )
        joined = [{*range(*a), *range(*b)} for a, b in zip(*(h.out for h in halves), strict=True)]
        assert joined == [set(range(*span)) for span in tile.out]
        assert sum(np.prod([b - a for a, b in h.core]) for h in halves) == np.prod(
            [b - a for a, b in tile.core]
        )
    cell = plan("YX", (8, 8), net.geometry)
    assert cell.halves(cell[0]) is None


def test_members_of_an_ensemble_take_turns(monkeypatch, grey):
    """Each in memory alone, whatever threads do."""
    scores, at_once, most = Runner._scores, [], []

    def watched(runner, *args):
        at_once.append(runner)
        most.append(len(at_once))
        time.sleep(0.02)
        found = scores(runner, *args)
        at_once.remove(runner)
        return found

    monkeypatch.setattr(Runner, "_scores", watched)
    fs.segment([make_model(0), make_model(1)], grey, axes="ZYX", tile=72)
    assert len(most) > 6
    assert max(most) == 1
