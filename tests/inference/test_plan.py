"""The plan is pure geometry: cores cover, sources suffice, numbers stay small."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.errors import PlanError
from napari_fcnseg.inference.plan import plan
from napari_fcnseg.nets.geometry import FRAME, AxisGeometry


@st.composite
def geometries(draw):
    stride = 2 ** draw(st.integers(0, 4))
    margin = draw(st.one_of(st.just(0), st.integers(1, 40)))
    before, after = margin + draw(st.integers(0, 200)), margin + draw(st.integers(0, 200))
    smallest = 2 * margin + draw(st.integers(1, 20)) if margin else stride
    return AxisGeometry(stride, margin, before, after, smallest)


@given(
    along_y=geometries(),
    along_x=geometries(),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 700), st.integers(1, 300)),
    tile=st.one_of(st.none(), st.integers(600, 900)),
    data=st.data(),
)
def test_cores_cover_the_region_once_and_every_source_suffices(along_y, along_x, shape, tile, data):
    region = None
    if data.draw(st.booleans()):
        spans = []
        for n in shape:
            start = data.draw(st.integers(0, n - 1))
            spans.append((start, data.draw(st.integers(start + 1, n))))
        region = tuple(spans)
    tiles = plan("ZYX", shape, (along_y, along_x), tile, region)
    region = region or tuple((0, n) for n in shape)
    seen = np.zeros(tiles.shape, int)
    for found in tiles:
        seen[tuple(slice(*span) for span in found.out)] += 1
        along = zip(
            found.core, found.out, found.source, found.crop, region, tiles.geometry, shape,
            strict=True,
        )  # fmt: skip
        for core, out, source, crop, (first, _), axis, n in along:
            assert (core[0] - first, core[1] - first) == out
            size = source[1] - source[0]
            assert size >= axis.min_size
            assert (size - axis.min_size) % axis.stride == 0  # a legal input
            result = source[0] + axis.margin  # where the network's output begins
            assert (result - axis.margin + axis.halo) % axis.stride == 0  # on one grid for all
            assert (core[0] - result, core[1] - result) == (crop.start, crop.stop)
            assert crop.stop <= size - 2 * axis.margin
            grid = core[0] // axis.stride * axis.stride
            last = -(-core[1] // axis.stride) * axis.stride
            front, behind = grid - axis.before, last + axis.after
            if not axis.margin:  # zeros of the network lie in one place for all tiles
                wide = -(-FRAME // axis.stride) * axis.stride
                front = max(front, -wide)
                behind = min(behind, -(-n // axis.stride) * axis.stride + wide)
            assert source[0] <= front
            assert source[1] >= behind
            if tile:
                assert size <= tile
    assert (seen == 1).all()
    assert tiles.core[0] == 1


def test_output_chunks_belong_to_one_tile_each():
    net = fs.build_net("unet", depth=4, width=1, padding="same")
    tiles = plan("ZYX", (2, 3000, 1700), net.geometry, region=((0, 2), (13, 2900), (7, 1600)))
    for tile in tiles:
        for (start, stop), chunk, n in zip(tile.out, tiles.core, tiles.shape, strict=True):
            assert start % chunk == 0
            assert stop == min(start + chunk, n)


def test_cores_are_balanced_and_fit_a_pyramid():
    net = fs.build_net("unet", depth=5, width=1, padding="same")
    tiles = plan("YX", (1100, 5000), net.geometry, tile=1024)
    assert tiles.core == (576, 768)
    assert tiles.cores.counts == (2, 7)


def test_a_small_image_is_one_tile():
    net = fs.build_net("unet", depth=4, width=1, padding="same")
    tiles = plan("ZYX", (1, 1, 30), net.geometry)
    assert len(tiles) == 1
    assert tiles[0].source == ((0, 1), (-48, 56), (-48, 80))


def test_a_tile_without_room_says_how_large_it_must_be():
    net = fs.build_net("unet", depth=5, width=1, padding="same")
    with pytest.raises(PlanError, match="a tile of 200 pixels has no room.*96 pixels.*least 208"):
        plan("YX", (900, 900), net.geometry, tile=200)
    assert plan("YX", (900, 900), net.geometry, tile=208).core == (16, 16)


def test_the_least_tile_has_room_along_every_axis():
    net = fs.build_net("unet3d", depth=3, width=1, flat=1, padding="same")
    with pytest.raises(PlanError, match="take at least 52"):
        plan("ZYX", (300, 300, 300), net.geometry, tile=5)
    plan("ZYX", (300, 300, 300), net.geometry, tile=52)


@pytest.mark.parametrize(
    "region", [((0, 5), (0, 9)), ((5, 5), (0, 8)), ((-1, 4), (0, 8)), ((0, 5),)]
)
def test_a_region_outside_is_refused(region):
    with pytest.raises(PlanError, match="not inside the image"):
        plan("YX", (5, 8), (AxisGeometry(), AxisGeometry()), region=region)


def test_a_hundred_thousand_tiles_are_planned_at_once():
    net = fs.build_net("unet", depth=5, width=1, padding="same")
    began = time.process_time()
    tiles = plan("ZYX", (1000, 8000, 8000), net.geometry)
    assert len(tiles) == 100_000
    assert tiles[99_999].core[0] == (999, 1000)
    assert time.process_time() - began < 1
