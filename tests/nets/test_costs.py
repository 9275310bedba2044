"""Costs, counted without computing, against what can be counted by hand or was published."""

import subprocess
import sys

import pytest
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.costs import flops, memory
from napari_fcnseg.nets.registry import outline_net

PIXELS = 64 * 64


class Chain(SameSizeNet):
    """Two convolutions in a row: 1 to 8 to 3 channels."""

    cell = 1

    def __init__(self):
        super().__init__()
        self.in_channels, self.classes = 1, 3
        self.first, self.second = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 3, 1)

    def compute(self, x):
        return self.second(self.first(x))


def test_two_convolutions_by_hand():
    net = Chain()
    weights = 4 * (8 * 9 + 8 + 3 * 8 + 3)
    assert flops(net, (64, 64)) == 2 * PIXELS * (8 * 9 + 3 * 8)
    kept = 4 * PIXELS * (1 + 1 + 8 + 3)  # input, itself padded to cells, features, logits
    assert memory(net, (64, 64)) == weights + kept
    assert memory(net, (64, 64), batch=5) == weights + 5 * kept


def test_training_keeps_more_than_inference_and_grows_with_the_batch():
    net = fs.build_net("unet_light", width=4)
    inference, training = memory(net, (64, 64)), memory(net, (64, 64), train=True)
    weights = 4 * net.parameter_count
    assert training > inference + 3 * weights
    more = memory(net, (64, 64), batch=3, train=True) - training
    assert more == memory(net, (64, 64), batch=5, train=True) - memory(
        net, (64, 64), batch=3, train=True
    )


def test_checkpointing_is_worth_its_name():
    plain, sparing = (
        memory(outline_net("fcdensenet56", checkpointing=on), (224, 224), train=True)
        for on in (False, True)
    )
    assert sparing < plain / 2


@pytest.mark.parametrize(
    ("name", "published"),
    [("fcn_resnet50", 152.717), ("deeplabv3_resnet50", 178.722), ("deeplabv3_resnet101", 258.743)],
)
def test_torchvision_publishes_the_same_multiply_adds(name, published):
    """GFLOPs on its model pages: multiply-adds at 520 x 520, with the auxiliary head, which we
    do not run: 1024 to 256 to 21 channels at a stride of 8."""
    auxiliary = 65 * 65 * (1024 * 256 * 9 + 256 * 21) / 1e9
    net = outline_net(name, 3, 21)
    assert flops(net, (520, 520)) / 2e9 == pytest.approx(published - auxiliary, rel=1e-4)


def test_the_network_itself_is_left_alone():
    net = fs.build_net("unet_light", width=2).train()
    fs.describe(net, tile=64)
    assert net.training
    assert all(p.device.type == "cpu" and p.grad is None for p in net.parameters())
    with torch.inference_mode():
        assert net(torch.zeros(1, 1, 16, 16)).shape == (1, 2, 16, 16)


def test_counting_does_not_import_the_compiler():
    """It would take three seconds of every start."""
    count = "memory(fs.build_net('unet', 1, 2), [188, 188])"
    code = f"""if True:
        import sys
        import napari_fcnseg as fs
        from napari_fcnseg.nets.costs import memory
        assert {count} > 0
        assert "torch._dynamo" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)
