"""Counts, shapes and receptive fields as published or counted."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.geometry import legal_size
from napari_fcnseg.nets.reach import measure

UPS = ["transpose", "bilinear", "nearest"]


@pytest.mark.parametrize(
    ("count", "channels", "classes", "options"),
    [
        (31_030_658, 1, 2, {}),
        (31_030_593, 1, 1, {}),
        (31_031_745, 3, 1, {}),
        (31_031_810, 3, 2, {}),
        (31_042_434, 1, 2, {"norm": "batch"}),
        (7_759_554, 1, 2, {"width": 32}),
        (1_940_834, 1, 2, {"width": 16}),
        (7_696_258, 1, 2, {"depth": 4}),
        (1_925_058, 1, 2, {"depth": 4, "width": 32}),
        (7_852_644, 3, 4, {"width": 32, "norm": "batch", "padding": "same", "up": "nearest"}),
        (29_474, 3, 2, {"depth": 3, "width": 8}),
    ],
)
def test_parameter_counts(count, channels, classes, options):
    assert fs.build_net("unet", channels, classes, **options).parameter_count == count


@pytest.mark.parametrize(
    ("depth", "size", "out"),
    [
        (5, (572, 572), (388, 388)),
        (5, (188, 204), (4, 20)),
        (3, (420, 580), (380, 540)),
        (4, (92, 100), (4, 12)),
    ],
)
def test_valid_shapes(depth, size, out):
    net = fs.build_net("unet", depth=depth, width=1)
    assert net(torch.zeros(1, 1, *size)).shape == (1, 2, *out)


@pytest.mark.parametrize(("depth", "lost"), [(3, 40), (4, 88), (5, 184)])
def test_border_lost_by_valid_convolutions(depth, lost):
    net = fs.build_net("unet", depth=depth, width=1)
    assert net.margin == (lost // 2, lost // 2)
    assert net.geometry[0].margin == lost // 2


@pytest.mark.parametrize(("depth", "rest", "modulus"), [(5, 12, 16), (4, 4, 8), (3, 0, 4)])
def test_legal_sizes_of_the_valid_network(depth, rest, modulus):
    net = fs.build_net("unet", depth=depth, width=1)
    smallest = net.min_size[0]
    for size in range(smallest - 2 * modulus, smallest + 2 * modulus):
        x = torch.zeros(1, 1, size, smallest)
        if size >= smallest and size % modulus == rest:
            assert net(x).shape[2] == size - 2 * net.margin[0] > 0
        else:
            with pytest.raises(NetError, match=f"cannot take {size} pixels; nearest sizes: [0-9]"):
                net(x)


@pytest.mark.parametrize(("depth", "field"), [(3, (44, 44)), (4, (92, 100)), (5, (188, 204))])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("norm", [None, "batch"])
def test_receptive_field(depth, field, padding, norm):
    net = fs.build_net("unet", depth=depth, width=2, padding=padding, norm=norm)
    for axis in net.geometry:
        assert axis.field == field
        assert axis.stride == 2 ** (depth - 1)


@pytest.mark.parametrize(
    ("depth", "reach", "halo"), [(3, 22, 24), (4, 46, 48), (5, 94, 96), (6, 190, 192)]
)
def test_reach_of_the_same_padded_network(depth, reach, halo):
    axis = fs.build_net("unet", depth=depth, width=1, padding="same").geometry[0]
    assert (axis.before, axis.after, axis.halo) == (reach, reach, halo)


def test_bilinear_up_sampling_reaches_further():
    net = fs.build_net("unet", depth=5, width=1, padding="same", up="bilinear")
    assert net.geometry[0].halo == 112


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("up", UPS)
def test_measured_reach_is_where_a_changed_pixel_is_felt(padding, up):
    """Another way to measure: change single pixels of a real input, look where outputs change."""
    torch.manual_seed(0)
    net = fs.build_net("unet", depth=3, width=4, padding=padding, up=up).double().eval()
    axis = net.geometry[0]
    size = legal_size(4 * axis.field[1], axis.min_size, axis.stride)
    x = torch.randn(1, 1, size, axis.min_size + 2 * axis.stride, dtype=torch.float64)
    with torch.inference_mode():
        clean, felt = net(x), []
        middle = size // 2 // axis.stride * axis.stride
        for at in range(middle, middle + axis.stride):
            changed = x.clone()
            changed[:, :, at] += 100
            rows = torch.nonzero((net(changed) != clean).any(3).any(1)[0])[:, 0]
            for row in rows.tolist():
                cell = row // axis.stride * axis.stride + axis.margin
                felt.append((cell - at, at - (cell + axis.stride - 1)))
    assert max(before for before, _ in felt) == axis.before
    assert max(after for _, after in felt) == axis.after


@given(
    depth=st.integers(2, 4),
    up=st.sampled_from(UPS),
    padding=st.sampled_from(["valid", "same"]),
    cells=st.integers(1, 3),
)
def test_shifting_by_the_stride_shifts_the_output(depth, up, padding, cells):
    torch.manual_seed(depth)
    net = fs.build_net("unet", depth=depth, width=2, padding=padding, up=up).double().eval()
    axis = net.geometry[0]
    core = 2 * axis.stride
    shift = cells * axis.stride
    size = sum(axis.context(core)) + core
    x = torch.randn(1, 1, size + shift, size, dtype=torch.float64)
    keep = slice(axis.halo - axis.margin, axis.halo - axis.margin + core)
    with torch.inference_mode():
        here = net(x[:, :, :size])[:, :, keep]
        there = net(x[:, :, shift:])[:, :, keep]
        whole = net(x)
    start = axis.halo - axis.margin
    assert torch.allclose(whole[:, :, start : start + core], here, atol=1e-12)
    assert torch.allclose(whole[:, :, start + shift : start + shift + core], there, atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (7, 33), (101, 173)])
@pytest.mark.parametrize("up", UPS)
def test_same_padding_returns_the_size_it_was_given(size, up):
    net = fs.build_net("unet", 1, 3, depth=4, width=2, padding="same", up=up)
    assert net(torch.zeros(2, 1, *size)).shape == (2, 3, *size)


def test_he_initialisation():
    net = fs.build_net("unet", 3, 2, depth=4, width=32)
    for layer in net.modules():
        if (
            isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d)
            and layer.weight.numel() > 5000
        ):
            transposed = isinstance(layer, torch.nn.ConvTranspose2d)
            inputs = layer.in_channels * (1 if transposed else math.prod(layer.kernel_size))
            assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / inputs), rel=0.05)
            assert not layer.bias.any()


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("norm", [None, "batch"])
def test_gradients_reach_every_parameter(up, norm):
    net = fs.build_net("unet", 2, 3, depth=3, width=4, padding="same", norm=norm, up=up)
    torch.manual_seed(0)
    net(torch.randn(2, 2, 32, 32)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        if not (norm and name.endswith("bias")):  # BatchNorm cancels the bias before it
            assert parameter.grad.any(), name


def test_batch_does_not_matter_in_evaluation():
    net = fs.build_net("unet", 1, 2, depth=3, width=4, padding="same", norm="batch")
    x = torch.randn(3, 1, 32, 32, dtype=torch.float64)
    with torch.inference_mode():
        net.double().eval()
        assert torch.allclose(net(x)[1:2], net(x[1:2]), atol=1e-12)


def test_exactness_is_told_by_layer():
    net = fs.build_net("unet", depth=2, width=4)
    assert net.exact
    net.encoder[0][1] = torch.nn.InstanceNorm2d(4)
    assert not net.exact
    assert net.inexact_layers == ("encoder.0.1 (InstanceNorm2d)",)


def test_a_network_that_sees_everything_has_no_receptive_field():
    net = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Upsample(64))
    net.stride, net.margin, net.min_size = (1, 1), (0, 0), (1, 1)
    with pytest.raises(NetError, match="sees its whole input"):
        measure(net, 0)
