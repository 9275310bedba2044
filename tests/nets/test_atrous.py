"""Patch classifiers made dense: the same outputs, three ways."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.atrous import convolutionalize, shift_and_stitch, to_atrous
from napari_fcnseg.nets.ciresan import CiresanN4, patch_classifier
from napari_fcnseg.nets.pretrained import import_torchvision


def count(net):
    return sum(p.numel() for p in net.parameters())


def sea_lions():
    layers, inputs = [], 3
    for channels in (16, 32, 64, 128):
        layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
        if channels < 128:
            layers.append(nn.MaxPool2d(2))
        inputs = channels
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(18_432, 256), nn.ReLU(), nn.Linear(256, 6)
    )


def test_the_sea_lion_classifier():
    torch.manual_seed(0)
    classifier = sea_lions()
    dense = convolutionalize(classifier, (3, 96, 96))
    assert count(dense) == count(classifier) == 4_817_830
    x = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        assert (dense(x)[..., 0, 0] - classifier(x)).abs().max() < 1e-6
        assert dense(torch.rand(1, 3, 200, 304)).shape == (1, 6, 14, 27)


@pytest.mark.parametrize(("name", "parameters"), [("vgg16", 138_357_544), ("alexnet", 61_100_840)])
def test_classifiers_of_torchvision(name, parameters):
    torch.manual_seed(0)
    classifier = getattr(import_torchvision().models, name)().eval()
    dense = convolutionalize(classifier, (3, 224, 224)).eval()
    assert count(dense) == count(classifier) == parameters
    x = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        assert (dense(x)[..., 0, 0] - classifier(x)).abs().max() < 1e-5


def test_a_wrong_patch_shape_is_told():
    with pytest.raises(NetError, match="18432 inputs"):
        convolutionalize(sea_lions(), (3, 80, 80))
    alexnet = import_torchvision().models.alexnet()
    with pytest.raises(NetError, match=r"\(9, 9\) to \(6, 6\)"):
        convolutionalize(alexnet, (3, 320, 320))


@given(
    kernels=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    pools=st.lists(st.sampled_from(["max", "average", "stride", None]), min_size=3, max_size=3),
    extra=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_atrous_is_shift_and_stitch(kernels, pools, extra):
    layers, window, stride = [], 1, 1
    for kernel, pool in zip(kernels, pools, strict=False):
        layers += [nn.Conv2d(1, 1, kernel, stride=2 if pool == "stride" else 1), nn.Tanh()]
        window += (kernel - 1) * stride
        if pool == "stride":
            stride *= 2
        elif pool:
            layers.append(nn.MaxPool2d(2) if pool == "max" else nn.AvgPool2d(2))
            window += stride
            stride *= 2
    net = nn.Sequential(*layers).double()
    image = torch.randn(1, 1, window + extra[0], window + extra[1]).double()
    dense = shift_and_stitch(net, image)
    assert dense.shape[2:] == (extra[0] + 1, extra[1] + 1)
    with torch.inference_mode():
        assert torch.allclose(to_atrous(net)(image), dense, atol=1e-12)


def test_every_output_of_n4_is_what_the_classifier_says_of_its_window():
    torch.manual_seed(0)
    net = CiresanN4(width=6).double()
    classifier = patch_classifier(width=6).double()
    classifier.load_state_dict(
        dict(zip(classifier.state_dict(), (
            v.reshape(w.shape)
            for v, w in zip(net.state_dict().values(), classifier.state_dict().values(),
                            strict=True)
        ), strict=True))
    )  # fmt: skip
    image = torch.randn(1, 1, 101, 99).double()
    with torch.inference_mode():
        dense = net(image)
        for y, x in ((0, 0), (6, 4), (3, 2)):
            patch = image[..., y : y + 95, x : x + 95]
            assert torch.allclose(dense[0, :, y, x], classifier(patch)[0], atol=1e-12)


def test_padded_layers_cannot_be_made_dense():
    with pytest.raises(NetError, match="padded"):
        to_atrous(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)))


def test_an_image_smaller_than_the_window_is_told():
    with pytest.raises(NetError, match="smaller than the window 95"):
        shift_and_stitch(
            convolutionalize(patch_classifier(), (1, 95, 95)), torch.zeros(1, 1, 90, 99)
        )
