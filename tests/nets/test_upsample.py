"""The worked examples of the lectures."""

import pytest
import torch
from torch.nn import functional as F

from napari_fcnseg.nets.unpool import IndexPool, Unpool
from napari_fcnseg.nets.upsample import (
    bed_of_nails,
    bilinear,
    bilinear_deconv,
    bilinear_kernel,
    corner_bilinear,
    nearest,
)

SMALL = torch.tensor([[[[1.0, 2], [3, 4]]]])


def same(found, rows):
    assert torch.equal(found[0, 0], torch.tensor(rows, dtype=found.dtype))


def test_nearest():
    same(nearest(SMALL, 2), [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]])


def test_bed_of_nails():
    same(bed_of_nails(SMALL, 2), [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]])


def test_max_unpooling_puts_values_back():
    x = torch.tensor([[[[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]]])
    pooled, places = IndexPool()(x)
    same(pooled, [[5, 6], [7, 8]])
    found = Unpool()(SMALL, places)
    same(found, [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]])
    other = torch.tensor([[[[3.0, 8, 1, 5], [7, 5, 6, 0], [7, 0, 4, 2], [8, 9, 6, 4]]]])
    same(IndexPool()(other)[0], [[8, 6], [9, 6]])


def test_transposed_convolution_is_bed_of_nails_and_a_convolution():
    torch.manual_seed(0)
    kernel = torch.randn(1, 1, 3, 3)
    x = torch.randn(1, 1, 4, 5)
    direct = F.conv_transpose2d(x, kernel, stride=2)
    nails = F.pad(bed_of_nails(x, 2)[..., :-1, :-1], (2, 2, 2, 2))
    assert torch.allclose(direct, F.conv2d(nails, kernel.flip(2, 3)), atol=1e-6)


def test_overlaps_of_a_transposed_convolution_are_summed():
    kernel = torch.tensor([[[[1.0, 0], [0, 1]]]])
    same(F.conv_transpose2d(SMALL, kernel), [[1, 2, 0], [3, 5, 2], [0, 3, 4]])


@pytest.mark.parametrize(
    ("size", "line"),
    [(4, [0.25, 0.75, 0.75, 0.25]), (3, [0.5, 1, 0.5]), (5, [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3])],
)
def test_bilinear_kernel(size, line):
    wanted = torch.tensor(line)
    assert torch.allclose(bilinear_kernel(size), wanted[:, None] * wanted[None, :])


@pytest.mark.parametrize("factor", [2, 8, 16])
def test_learnable_up_sampling_starts_bilinear(factor):
    x = torch.randn(1, 3, 6, 7)
    with torch.inference_mode():
        risen = bilinear_deconv(3, factor)(x)
    lost = (risen.shape[2] - 6 * factor) // 2
    inside = risen[..., lost:-lost, lost:-lost]
    expected = bilinear(x, factor)
    edge = factor // 2  # beyond the last centres one sees zeros, the other the border
    rest = (..., slice(edge, -edge), slice(edge, -edge))
    assert torch.allclose(inside[rest], expected[rest], atol=1e-5)


def test_corner_bilinear_leaves_corners_where_they_are():
    x = torch.randn(1, 2, 5, 6)
    risen = corner_bilinear(x, 4)
    assert risen.shape == (1, 2, 20, 24)
    assert torch.allclose(risen[..., ::4, ::4], x, atol=1e-6)
    half = (x[..., :-1] + x[..., 1:]) / 2
    assert torch.allclose(risen[..., ::4, 2:-4:4], half, atol=1e-6)
