import copy

import pytest
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.nets.device import channels_last, place


@pytest.mark.parametrize(("conv", "edges"), [(nn.Conv2d, 2), (nn.Conv3d, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_layer_stays_in_the_fast_layout(conv, edges, channels):
    """Even of one channel, whose kernels PyTorch would take for the slow one."""
    net = conv(channels, 8, 3)
    place(net, torch.device("cpu"))
    out = net(channels_last(torch.randn(1, channels, *[9] * edges)))
    assert out.stride(1) == 1


def test_what_is_placed_computes_the_same():
    net = fs.build_net("unet_light", 1, 2, depth=3, width=4).eval()
    placed = copy.deepcopy(net)
    place(placed, torch.device("cpu"))
    x = torch.randn(1, 1, 40, 56)
    with torch.inference_mode():
        assert torch.allclose(placed(x), net(x), atol=1e-5)
