import copy

import pytest
import torch
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.training.average import Average, estimate_statistics


def small():
    torch.manual_seed(0)
    return fs.build_net("unet_light", 1, 2, depth=2, width=2)


def test_an_average_of_equal_weights_is_those():
    net = small()
    average = Average(net, 0.9)
    for _ in range(5):
        average.update()
    for name, value in average.net.state_dict().items():
        assert torch.allclose(value, net.state_dict()[name])


def test_it_follows_by_its_decay_and_faster_at_first():
    net = nn.Linear(1, 1, bias=False)
    average = Average(net, 0.5)
    nn.init.zeros_(average.net.weight)
    nn.init.ones_(net.weight)
    decays = [min(0.5, (1 + n) / (10 + n)) for n in range(1, 12)]
    assert decays[0] < decays[-1] == 0.5
    expected = 0.0
    for decay in decays:
        average.update()
        expected = decay * expected + 1 - decay
        assert average.net.weight.item() == pytest.approx(expected)


def test_without_decay_it_is_the_network_itself():
    net = small()
    assert Average(net, 0).net is net


def test_it_goes_on_from_its_state():
    net = small()
    first = Average(net, 0.9)
    first.update()
    state = copy.deepcopy(first.state_dict())
    other = Average(small(), 0.9)
    other.load_state_dict(state)
    with torch.no_grad():
        net.head.weight += 1
        other._latest.head.weight += 1
    first.update()
    other.update()
    for name, value in first.net.state_dict().items():
        assert torch.equal(value, other.net.state_dict()[name])


def test_statistics_are_the_mean_over_all_batches():
    net = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(0.9), nn.BatchNorm2d(2, momentum=0.3))
    batches = [torch.randn(4, 2, 8, 8) * 3 + 5 for _ in range(6)]
    estimate_statistics(net, batches)
    means = torch.stack([b.mean((0, 2, 3)) for b in batches]).mean(0)
    spread = torch.stack([b.var((0, 2, 3)) for b in batches]).mean(0)
    assert torch.allclose(net[0].running_mean, means, atol=1e-5)
    assert torch.allclose(net[0].running_var, spread, rtol=1e-4)
    # Dropout was off: the second sees what the first has normalised.
    assert net[2].running_var.tolist() == pytest.approx([1, 1], abs=0.01)
    assert [layer.momentum for layer in (net[0], net[2])] == [0.1, 0.3]
    assert not net.training
