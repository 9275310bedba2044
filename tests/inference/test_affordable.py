import math

import numpy as np
import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.inference.affordable import affordable


@pytest.fixture(scope="module")
def flat():
    return make_model()


@pytest.fixture(scope="module")
def deep():
    net = fs.build_net("unet3d", 1, 2, width=2, depth=2, flat=1)
    classes = (fs.SegClass(1, "a", "#ff0000"), fs.SegClass(2, "b", "#0000ff"))
    return fs.Model(net.eval(), Normalisation("percentile", (128.0,), (64.0,)), classes)


def stack(*shape):
    return Image(np.broadcast_to(np.uint8(0), shape), "TZYX"[4 - len(shape) :])


HERE = ((7, 8), (100, 200), (50, 150))


def test_what_is_small_is_looked_at_as_a_whole(flat, deep):
    for model in (flat, deep):
        assert affordable(model, stack(10, 256, 256), HERE, 10 * 256**2) == (None, 1)


def test_of_many_planes_every_so_manieth(flat):
    assert affordable(flat, stack(100, 256, 256), HERE, 10 * 256**2) == (None, 10)
    assert affordable(flat, stack(101, 256, 256), HERE, 10 * 256**2) == (None, 11)


def test_a_network_that_sees_stacks_looks_at_one(deep):
    region, every = affordable(deep, stack(100, 256, 256), HERE, 11 * 256**2)
    assert (region, every) == (((2, 13), (0, 256), (0, 256)), 1)
    at_a_time = ((3, 4), (0, 1), (10, 20), (10, 20))
    region, _ = affordable(deep, stack(5, 100, 256, 256), at_a_time, 11 * 256**2)
    assert region == ((3, 4), (0, 6), (0, 256), (0, 256))


def test_of_a_huge_plane_only_what_is_looked_at(flat, deep):
    for model in (flat, deep):
        assert affordable(model, stack(3, 50_000, 50_000), HERE, 2**21) == (HERE, 1)


@pytest.mark.parametrize("shape", [(3, 700, 900), (64, 512, 512), (2000, 100, 100)])
def test_the_bound_holds(flat, shape):
    region, every = affordable(flat, stack(*shape), HERE, 2**20)
    assert region is None
    assert math.ceil(shape[0] / every) * shape[1] * shape[2] <= 2**20 + shape[1] * shape[2]
