import copy

import pytest
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.nets.device import channels_last, full_float32, place


@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_layer_stays_in_the_fast_layout(channels):
    """Even of one channel, whose kernels PyTorch would take for the slow one."""
    net = nn.Conv2d(channels, 8, 3)
    place(net, torch.device("cpu"))
    out = net(channels_last(torch.randn(1, channels, 9, 9)))
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_what_is_placed_computes_the_same():
    net = fs.build_net("unet_light", 1, 2, depth=3, width=4).eval().double()
    placed = copy.deepcopy(net)
    place(placed, torch.device("cpu"))
    x = torch.randn(1, 1, 40, 56, dtype=torch.float64)
    with torch.inference_mode():
        assert torch.allclose(placed(x), net(x), rtol=1e-9, atol=1e-9)


def test_full_float32_switches_only_rounding_off():
    """What `torch.backends.cudnn.flags` is not given it resets: cuDNN would be off."""
    cudnn = torch.backends.cudnn
    before = cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32
    with full_float32(torch.device("cuda")):
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == before[:3]
        assert not cudnn.allow_tf32
    assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32) == before
