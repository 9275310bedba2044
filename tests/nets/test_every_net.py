"""What holds for every network of the registry; a new one is a line in `CASES`."""

import functools
import math

import numpy as np
import pytest
import torch
import zarr
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import nn

import napari_fcnseg as fs
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.nets.geometry import legal_size
from napari_fcnseg.nets.more_classes import take_over
from napari_fcnseg.nets.registry import NETS
from napari_fcnseg.nets.shift import shifted
from napari_fcnseg.training.average import estimate_statistics

SLIM = {"width": 4}
# Options that make a network quick to test, steps in which it learns one image, and the rate.
CASES = {
    "unet": ({"width": 4, "depth": 3}, 60, 1e-2),
    "unet_light": ({"width": 8, "depth": 3}, 40, 1e-2),
    "unet_same": ({"width": 8, "depth": 3}, 40, 1e-2),
    "unet25d": ({"width": 8, "depth": 3}, 40, 1e-2),
    "unet3d": ({"width": 3, "depth": 2, "flat": 1}, 40, 1e-2),
    "unet3d_light": ({"width": 4, "depth": 3}, 40, 1e-2),
    "ciresan_n4": ({"width": 6}, 30, 3e-3),
    "fcn32s": ({"width": 4, "backbone": "vgg16_bn"}, 60, 3e-3),
    "fcn16s": ({"width": 4, "backbone": "vgg16_bn"}, 60, 3e-3),
    "fcn8s": ({"width": 4, "backbone": "vgg16_bn"}, 60, 3e-3),
    "resnet18_8s": ({"width": 8}, 40, 3e-3),
    "resnet34_8s": ({"width": 4}, 40, 3e-3),
    "resnet50_8s": ({"width": 4}, 40, 3e-3),
    "resnet101_8s": ({"width": 2}, 40, 3e-3),
    "segnet": (SLIM, 60, 1e-2),
    "segnet_basic": ({"width": 8}, 60, 1e-2),
    "deconvnet": (SLIM, 60, 1e-2),
    "fcdensenet56": ({"width": 8}, 15, 1e-2),
    "fcdensenet67": ({"width": 9}, 15, 1e-2),
    "fcdensenet103": ({"width": 3}, 15, 1e-2),
    "dilatednet": ({"width": 4}, 40, 3e-3),
    "context": ({"base_options": {"width": 8, "depth": 3}}, 60, 1e-2),
    "deeplabv1_largefov": ({"width": 8}, 60, 3e-3),
    "deeplabv1_msc": ({"width": 8}, 60, 3e-3),
    "deeplabv2": ({"width": 4, "backbone": "resnet18"}, 40, 3e-3),
    "fcn_resnet50": ({}, 8, 1e-3),
    "fcn_resnet101": ({}, 12, 1e-3),
    "deeplabv3_resnet50": ({}, 12, 1e-3),
    "deeplabv3_resnet101": ({}, 12, 1e-3),
    "deeplabv3_mobilenet_v3_large": ({}, 15, 3e-3),
    "lraspp_mobilenet_v3_large": ({}, 25, 3e-3),
    "refinenet": ({"width": 8, "backbone": "resnet18"}, 30, 1e-3),
}
NAMES = list(CASES)
CLASSES = (fs.SegClass(1, "a", "#ff0000"), fs.SegClass(2, "b", "#00ff00"))
EXACT = [name for name in NAMES if not name.startswith(("deeplabv3", "lraspp"))]


@functools.cache
def geometry(name):
    """Measured once for all tests: it does not depend on channels and classes."""
    return fs.build_net(name, **CASES[name][0]).geometry


def build(name, in_channels=1, classes=2):
    torch.manual_seed(0)
    net = fs.build_net(name, in_channels, classes, **CASES[name][0])
    net.geometry = geometry(name)
    return net


def awake(net):
    """Give layers that start at zero some weights, as after a first step."""
    with torch.no_grad():
        for p in net.parameters():
            if not p.any():
                p.normal_(0, 0.05)
    return net.eval()


def legal(net, *at_least):
    """A legal size; one number is meant for Y and X, and Z is small."""
    plane = [n + 2 * m for n, m in zip((at_least * 2)[:2], net.margin[-2:], strict=True)]
    sizes = [1] * (net.ndim - 2) + plane
    return [legal_size(*a) for a in zip(sizes, net.min_size, net.stride, strict=True)]


def test_no_network_is_forgotten():
    assert set(CASES) == {name for name, entry in NETS.items() if not entry.fitted}


@pytest.mark.parametrize("name", NAMES)
class TestEveryNet:
    def test_output_has_the_promised_size(self, name):
        net = build(name, 3, 5).eval()
        for size in ((101, 73), (1, 40)):
            size = legal(net, *size) if any(net.margin) else [3] * (net.ndim - 2) + list(size)
            with torch.inference_mode():
                out = net(torch.zeros(1, 3, *size))
            assert out.shape == (1, 5, *(n - 2 * m for n, m in zip(size, net.margin, strict=True)))

    def test_a_batch_is_its_images(self, name):
        net = awake(build(name)).double()
        x = torch.randn(3, 1, *legal(net, 40)).double()
        with torch.inference_mode():
            assert torch.allclose(net(x)[1:2], net(x[1:2]))

    def test_gradients_reach_every_parameter(self, name):
        net = awake(build(name))
        logits = net(torch.randn(4, 1, *legal(net, 96)))
        (logits * torch.randn_like(logits)).sum().backward()
        deaf = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
        assert deaf == []

    def test_a_model_of_it_survives_saving(self, name, tmp_path):
        net = awake(build(name))
        model = fs.Model(net, Normalisation("mean_std", (0.0,), (1.0,)), CLASSES)
        model.save(tmp_path / "m.zip")
        loaded = fs.load_model(tmp_path / "m.zip")
        assert loaded.net.name == name
        x = torch.randn(1, 1, *legal(net, 40))
        with torch.inference_mode():
            assert torch.equal(loaded.net(x), net(x))

    def test_a_constant_can_be_added_to_its_logits(self, name):
        """What a teacher knows of the shares of classes is added to a bias."""
        net = awake(build(name, classes=3))
        x = torch.randn(1, 1, *legal(net, 40))
        by = torch.tensor([0.5, -1.0, 2.0])
        with torch.inference_mode():
            before = net(x)
            with shifted(net, by):
                after = net(x)
            again = net(x)
        if name == "fcn32s":  # its bilinear up-sampling fades at the border
            by.zero_()
        wanted = before + by.view(-1, *[1] * net.ndim)
        assert (after - wanted).abs().max() <= 1e-4 * wanted.abs().max()
        assert torch.equal(again, before)

    def test_it_learns_one_image(self, name):
        _, steps, rate = CASES[name]
        net = build(name).train()
        y, x = torch.meshgrid(torch.arange(96), torch.arange(96), indexing="ij")
        truth = ((y - 40) ** 2 + (x - 52) ** 2 < 28**2).long()
        margin = net.margin[-1]
        image = nn.functional.pad(truth[None, None].float() * 2 - 1, (margin,) * 4, "replicate")
        image = (image + 0.2 * torch.randn(image.shape)).expand(2, -1, -1, -1)
        if net.ndim == 3:  # the same in all slices
            depth = legal_size(2, net.min_size[0], net.stride[0])
            image = image[:, :, None].expand(-1, -1, depth, -1, -1)
            truth = truth.expand(depth - 2 * net.margin[0], -1, -1)
        optimiser = torch.optim.AdamW(net.parameters(), lr=rate)
        for _ in range(steps):
            loss = nn.functional.cross_entropy(net(image), truth.expand(2, *truth.shape))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()
        with torch.inference_mode():
            found = net(image).argmax(1)[0]  # with the statistics of this image
        inside = (found == 1) & (truth == 1)
        union = (found == 1) | (truth == 1)
        assert inside.sum() / union.sum() > 0.8


@pytest.mark.parametrize("name", EXACT)
def test_strips_are_the_whole(name):
    """With the context that the geometry asks for, a part of the input gives its part."""
    net = awake(build(name)).double()
    assert net.exact
    axis = net.geometry[-1]
    core = 2 * axis.stride
    tile = sum(axis.context(core)) + core
    starts = [0, axis.stride, 3 * axis.stride]
    x = torch.randn(
        1, 1, *net.min_size[:-1], legal_size(starts[-1] + tile, axis.min_size, axis.stride)
    ).double()
    with torch.inference_mode():
        whole = net(x)
        for start in starts:
            first = start + axis.context(core)[0] - axis.margin
            part = net(x[..., start : start + tile])
            assert part.shape[-1] == tile - 2 * axis.margin
            here = part[..., first - start : first - start + core]
            assert torch.allclose(here, whole[..., first : first + core], atol=1e-9, rtol=0)


@functools.cache
def tiny_model(name):
    """In float64, with statistics and logits of the size that a trained network has."""
    net = awake(build(name)).double()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        estimate_statistics(net, [torch.randn(4, 1, *legal(net, 64)).double()])
    return fs.Model(net, Normalisation("mean_std", (0.0,), (1.0,)), CLASSES)


def untiled(model, image):
    """Logits of the network on the mirrored image, cropped."""
    crops, length = [], image.shape
    for axis, (n, g) in enumerate(zip(length, model.net.geometry, strict=True)):
        (low, high), (first, last) = g.frame(n), g.source(0, n)  # no more than is seen
        first, last = max(low, first), min(high, last)
        width = [(0, 0)] * image.ndim
        width[axis] = (-first, last - n)
        image = np.pad(image, width, "reflect" if n > 1 else "edge")
        crops.append(slice(-first - g.margin, n - first - g.margin))
    with torch.inference_mode():
        logits = model.net(torch.from_numpy(image[None, None]).double())[0]
    return logits[(slice(None), *crops)]


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=3, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # slow to shrink
@given(data=st.data())
def test_the_engine_tiles_it_exactly(name, data):
    """Any tile, any size, any chunks of the output; twice, as labels and as probabilities."""
    model = tiny_model(name)
    geometry = model.net.geometry
    stride = geometry[-1].stride
    lengths = [st.integers(1, 3)] * (len(geometry) - 2) + [st.integers(1, 40)]
    shape = data.draw(st.tuples(*lengths, st.integers(stride + 1, 2 * stride + 60)), "shape")
    smallest = max(sum(a.context(2 * a.stride)) + 2 * a.stride for a in geometry)
    tile = smallest + data.draw(st.integers(0, 2 * stride), "more")
    chunks = data.draw(st.tuples(*(st.integers(1, n) for n in shape)), "chunks")
    pixels = np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)
    image = fs.Image(pixels, "ZYX"[-len(shape) :])
    labels = zarr.create_array({}, shape=shape, chunks=chunks, dtype="u1")
    shares = zarr.create_array({}, shape=(2, *shape), chunks=(1, *chunks), dtype="f4")
    outs = {"labels": labels, "probabilities": shares}
    fs.predict(model, image, outs, tile=tile, device="cpu").wait()
    logits = untiled(model, pixels)
    whole = logits.softmax(0).numpy()
    # Probabilities are of logits that were rounded to float32, and so are they.
    close = np.spacing(np.float32(logits.abs().max())) + 1e-7
    assert close < 1e-3  # a wrong tile changes much more
    assert np.abs(shares[:] - whole).max() <= close
    clear = np.abs(whole[0] - whole[1]) > close
    assert (labels[:] == whole.argmax(0) + 1)[clear].all()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet", {"width": 32, "depth": 4}),
        ("fcn8s", {"width": 32}),
        ("segnet", {"width": 32}),
        ("deconvnet", {"width": 16}),
        ("ciresan_n4", {}),
    ],
)
def test_he_initialisation(name, options):
    net = fs.build_net(name, 1, 2, **options)
    checked = 0
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 20_000:
            inputs = layer.in_channels * math.prod(layer.kernel_size)
            assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / inputs), rel=0.05)
            checked += 1
    assert checked >= 3


def test_every_entry_says_what_it_is():
    for entry in NETS.values():
        assert entry.summary
        assert entry.load().__doc__


@pytest.mark.parametrize("name", NAMES)
def test_a_class_can_be_added(name):
    trained, wider = awake(build(name)).eval(), build(name, classes=3).eval()
    take_over(wider, trained, [0, 2])
    size = [max(n, s) for n, s in zip(trained.min_size, trained.stride, strict=True)]
    x = torch.randn(1, 1, *size)
    with torch.no_grad():
        before, after = trained(x), wider(x)[:, [0, 2]]
    # A new class speaks into the others' context; its noise is small at first.
    bound = 0.2 if name == "context" else 1e-4
    assert (before - after).abs().max() <= bound * before.abs().max().clamp(min=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_encoder_knows_no_classes(name):
    net, wider = build(name), build(name, classes=3)
    encoder = set(net.encoder_parameters())
    others = wider.state_dict()
    for key, parameter in net.named_parameters():
        if parameter in encoder:
            assert parameter.shape == others[key].shape
    assert 0 < sum(p.numel() for p in encoder) < net.parameter_count
