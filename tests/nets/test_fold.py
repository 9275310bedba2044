"""Folding changes the work, not the numbers."""

import pytest
import torch
from tests.nets.test_every_net import NAMES, awake, build, legal
from torch import nn

from napari_fcnseg.nets.fold import NORMS, fold_batchnorm


def lively(net):
    """Statistics as after training: not those that leave values alone."""
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, NORMS):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2)
                layer.weight.uniform_(0.5, 2)
                layer.bias.normal_()
    return net.double()


def norms(net):
    return sum(isinstance(layer, NORMS) for layer in net.modules())


@pytest.mark.parametrize("name", NAMES)
def test_folded_networks_give_the_same(name):
    net = lively(awake(build(name)))
    x = torch.randn(1, 1, *legal(net, 40)).double()
    with torch.inference_mode():
        before = net(x)
        found = norms(net)
        fold_batchnorm(net)
        after = net(x)
    assert torch.allclose(after, before, rtol=1e-9, atol=1e-9)
    if not name.startswith("fcdensenet"):  # its norms stand before their convolutions
        assert norms(net) == 0, f"{norms(net)} of {found} are left"


def test_a_transposed_convolution_is_folded_too():
    torch.manual_seed(0)
    net = lively(nn.Sequential(nn.ConvTranspose2d(2, 3, 4, 2, 1), nn.BatchNorm2d(3)).eval())
    x = torch.randn(1, 2, 5, 6).double()
    before = net(x)
    fold_batchnorm(net)
    assert torch.allclose(net(x), before)
    assert norms(net) == 0


def test_norms_that_learn_or_stand_alone_stay():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.BatchNorm2d(2))
    for training, left in ((True, 2), (False, 1)):
        fold_batchnorm(net.train(training))
        assert norms(net) == left
