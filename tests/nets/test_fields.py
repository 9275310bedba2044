"""Receptive fields and shapes of the published parts, without the up-sampling behind them.

Another way to measure than the package's own: positive weights, pools that average, and
one gradient.
"""

import pytest
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.nets.ciresan import patch_classifier
from napari_fcnseg.nets.dilated import ContextModule


def linear(net):
    """Make every layer pass on a bit of all that it sees."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net.double().eval()


class Average(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.pool = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)

    def forward(self, x):
        return self.pool(x)


def field(run, channels, size):
    x = torch.ones(1, channels, size, size, dtype=torch.double, requires_grad=True)
    out = run(x)
    middle = out.shape[-1] // 2
    out[0, :, middle, middle].sum().backward()
    seen = x.grad[0].abs().amax((0, 1)) > 0
    return int(seen.sum())


def slim(name, **options):
    net = linear(fs.build_net(name, 1, 2, width=1, **options))
    for module in list(net.modules()):
        for key, layer in module.named_children():
            if isinstance(layer, nn.MaxPool2d):
                setattr(module, key, Average(layer))
    return net


@pytest.mark.parametrize(
    ("name", "upto", "expected"),
    [("fcn8s", 3, 44), ("fcn8s", 4, 100), ("fcn8s", 5, 212), ("fcn8s", 6, 404)],
)
def test_fcn(name, upto, expected):
    net = slim(name)

    def run(x):
        for stage in net.stages[:upto]:
            x = net.pool(stage(x))
        return net.fc6(x) if upto > 5 else x

    assert field(run, 1, 512) == expected


def test_fcn_on_vgg19():
    net = slim("fcn32s", backbone="vgg19")

    def run(x):
        for stage in net.stages:
            x = net.pool(stage(x))
        return net.fc6(x)

    assert field(run, 1, 600) == 460


def test_dilatednet():
    net = slim("dilatednet")

    def run(x):
        for number, stage in enumerate(net.stages):
            x = net.pool(stage(x)) if number < 3 else stage(x)
        return net.fc6(x)

    assert field(run, 1, 500) == 380
    with torch.inference_mode():
        assert run(torch.zeros(1, 1, 900, 900).double()).shape[-1] == 66
        assert net(torch.zeros(1, 1, 900, 900).double()).shape[-2:] == (528, 528)


def test_context_module():
    assert field(linear(ContextModule(2)), 2, 101) == 67


def test_deeplabv1():
    net = slim("deeplabv1_largefov")
    assert field(lambda x: net.head(net.vgg(x)[-1]), 1, 641) == 419
    assert field(lambda x: net.head(net.average(net.vgg(x)[-1])), 1, 641) == 435
    with torch.inference_mode():
        assert net.vgg(torch.zeros(1, 1, 321, 321).double())[-1].shape[-1] == 41


def test_deeplabv2_at_513():
    net = fs.build_net("deeplabv2", 1, 2, width=1).eval()
    with torch.inference_mode():
        assert net.backbone(torch.zeros(1, 1, 513, 513))[-1].shape[-1] == 65


def test_refinenet_at_a_quarter():
    net = fs.build_net("refinenet", 1, 2, width=4, backbone="resnet18").eval()
    with torch.inference_mode():
        assert net.backbone(torch.zeros(1, 1, 224, 224))[0].shape[-1] == 56


def test_maps_of_ciresan():
    x, sizes = torch.zeros(1, 1, 95, 95), []
    with torch.inference_mode():
        for layer in patch_classifier():
            x = layer(x)
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
                sizes.append(x.shape[-1])
    assert sizes == [92, 46, 42, 21, 18, 9, 6, 3]
