"""U-Nets that see stacks: the published 3D one, flat levels, and slices as channels."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.nets.registry import outline_net


def test_published_size_and_parameters():
    net = outline_net("unet3d", 3, 3)
    normalisation = sum(
        p.numel() for m in net.modules() if isinstance(m, torch.nn.BatchNorm3d)
        for p in m.parameters()
    )  # fmt: skip
    assert net.parameter_count - normalisation == 19_069_955
    assert outline_net("unet3d", 3, 3, norm=None).parameter_count == 19_069_955
    with torch.device("meta"):
        out = net(torch.zeros(1, 3, 116, 132, 132))
    assert out.shape == (1, 3, 28, 44, 44)


def test_flat_levels_see_less_along_z():
    net = fs.build_net("unet3d", depth=4, width=1, flat=2)
    z, y, x = net.geometry
    assert (z.stride, z.field, z.margin) == (2, (18, 18), 8)
    assert y == x
    assert (y.stride, y.field, y.margin) == (8, (92, 100), 44)
    with torch.inference_mode():
        assert net(torch.zeros(1, 1, *net.min_size)).shape == (1, 2, 2, 4, 4)
        with pytest.raises(fs.FcnsegError, match="cannot take 19 pixels; nearest sizes: 18 and 20"):
            net(torch.zeros(1, 1, 19, 92, 92))


@given(
    depth=st.integers(2, 4),
    flat=st.integers(0, 3),
    padding=st.sampled_from(["valid", "same"]),
    data=st.data(),
)
def test_output_is_smaller_by_the_margin(depth, flat, padding, data):
    net = outline_net("unet3d", depth=depth, width=1, flat=min(flat, depth - 1), padding=padding)
    net.eval()
    cells = data.draw(st.tuples(*[st.integers(0, 2)] * 3))
    size = [m + s * n for m, s, n in zip(net.min_size, net.stride, cells, strict=True)]
    if padding == "same":
        size = [n + data.draw(st.integers(0, 5)) for n in size]
    with torch.device("meta"):
        out = net(torch.zeros(1, 1, *size))
    assert out.shape[2:] == tuple(n - 2 * m for n, m in zip(size, net.margin, strict=True))


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_slices_as_channels_are_the_2d_network_on_them(padding):
    net = fs.build_net(
        "unet25d", 2, 3, neighbours=2, depth=2, width=4, padding=padding
    ).eval()  # fmt: skip
    x = torch.randn(2, 2, 7, 20, 24)
    with torch.inference_mode():
        out = net(x)
        assert out.shape[:3] == (2, 3, 3)
        for z in range(3):
            seen = torch.cat([x[:, :, z + i] for i in range(5)], dim=1)
            assert torch.allclose(out[:, :, z], net.net(seen), atol=1e-6)
    assert net.geometry[0].field == (5, 5)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("unet3d", {"flat": 4}),
        ("unet3d", {"flat": -1}),
        ("unet3d", {"depth": 9}),
        ("unet3d", {"padding": "mirror"}),
        ("unet3d", {"norm": "group"}),
        ("unet3d", {"width": 0}),
        ("unet25d", {"neighbours": -1}),
    ],
)
def test_options_out_of_range(name, wrong):
    ((option, value),) = wrong.items()
    with pytest.raises(fs.FcnsegError, match=f"{option} = {value!r}"):
        fs.build_net(name, **wrong)
