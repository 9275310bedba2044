"""Published weights: how they fit, and what is said when they are not there."""

from urllib.error import URLError

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import NetError
from napari_fcnseg.nets import pretrained
from napari_fcnseg.nets.pretrained import adapt_stem, import_torchvision


@pytest.fixture(scope="module")
def models():
    return import_torchvision().models


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 6])
def test_a_grey_image_gives_what_its_rgb_copy_gives(channels):
    torch.manual_seed(0)
    weight = torch.randn(8, 3, 7, 7)
    adapted = adapt_stem(weight, channels)
    grey = torch.randn(1, 1, 20, 20)
    conv = torch.nn.functional.conv2d
    expected = conv(grey.expand(-1, 3, -1, -1), weight)
    found = conv(grey.expand(-1, channels, -1, -1), adapted)
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["resnet18_8s", "refinenet", "deeplabv2"])
def test_backbones_take_torchvisions_state_dicts(models, name, tmp_path):
    torch.manual_seed(0)
    theirs = models.resnet18()
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    options = {} if name == "resnet18_8s" else {"backbone": "resnet18"}
    net = fs.build_net(name, 3, 2, pretrained=str(tmp_path / "w.pth"), **options)
    own = net.backbone.state_dict()
    for key, value in theirs.state_dict().items():
        if not key.startswith("fc."):
            assert torch.equal(own[key], value), key


def test_an_undilated_backbone_is_torchvisions(models):
    torch.manual_seed(0)
    theirs = models.resnet18().eval()
    net = fs.build_net("refinenet", 3, 2, backbone="resnet18").eval()
    weights = {k: v for k, v in theirs.state_dict().items() if not k.startswith("fc.")}
    net.backbone.load_state_dict(weights)
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        deep = net.backbone(x)[-1].mean((2, 3))
        assert torch.allclose(theirs.fc(deep), theirs(x), atol=1e-5)


@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_resnet50"])
def test_models_of_torchvision_are_the_same_here(models, name):
    torch.manual_seed(0)
    theirs = getattr(models.segmentation, name)(weights_backbone=None, aux_loss=True).eval()
    net = fs.build_net(name, 3, 21, aux=True).eval()
    net.load_state_dict(theirs.state_dict())  # key by key
    x = torch.randn(1, 3, 64, 72)
    with torch.inference_mode():
        assert torch.allclose(net(x), theirs(x)["out"], atol=1e-6)


def test_fcn_takes_vgg_from_conv1_1_to_fc7(models, monkeypatch):
    with torch.device("meta"):
        shapes = models.vgg16().state_dict()
    torch.manual_seed(0)
    state = {k: torch.randn(1).expand(v.shape) * 0.01 for k, v in shapes.items()}
    state["classifier.0.weight"] = torch.randn(1, 25_088).expand(4096, -1)
    state["features.0.weight"] = torch.randn(64, 3, 3, 3)
    monkeypatch.setattr("napari_fcnseg.nets.vgg.load_pretrained", lambda *_: dict(state))
    net = fs.build_net("fcn8s", 3, 2, pretrained="IMAGENET1K_V1")
    convs = [m for stage in net.stages for m in stage if isinstance(m, torch.nn.Conv2d)]
    assert len(convs) == 13
    assert torch.equal(convs[0].weight, state["features.0.weight"])
    assert torch.equal(convs[12].weight, state["features.28.weight"])
    fc6 = state["classifier.0.weight"].reshape(4096, 512, 7, 7)
    assert torch.equal(net.fc6[0].weight, fc6)
    assert torch.equal(net.fc7[0].weight[..., 0, 0], state["classifier.3.weight"])
    assert torch.equal(net.fc7[0].bias, state["classifier.3.bias"])
    with pytest.raises(NetError, match="published weights are of one width"):
        fs.build_net("fcn8s", 3, 2, pretrained="IMAGENET1K_V1", width=32)


def test_without_network_it_says_where_the_file_goes(monkeypatch, tmp_path):
    def offline(*args, **options):
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(NetError, match=r"Put the file .*resnet18-f37072fd\.pth at .*checkpoints"):
        fs.build_net("resnet18_8s", 1, 2, pretrained="DEFAULT")


def test_unknown_or_damaged_weights_are_told(tmp_path):
    with pytest.raises(NetError, match=r"weights of resnet18 are IMAGENET1K_V1"):
        fs.build_net("resnet18_8s", 1, 2, pretrained="IMAGENET")
    with pytest.raises(NetError, match=r"no\.pth does not exist"):
        fs.build_net("resnet18_8s", 1, 2, pretrained=str(tmp_path / "no.pth"))
    (tmp_path / "bad.pth").write_bytes(b"weights")
    with pytest.raises(NetError, match=r"bad\.pth cannot be read"):
        fs.build_net("resnet18_8s", 1, 2, pretrained=str(tmp_path / "bad.pth"))


def test_a_torchvision_that_does_not_fit_is_told(monkeypatch):
    import builtins

    real = builtins.__import__

    def broken(name, *args):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(NetError, match=r"nms does not exist.*belongs to your torch"):
        pretrained.import_torchvision()


def test_loading_a_model_asks_for_no_weights(models, tmp_path, monkeypatch):
    torch.save(models.resnet18().state_dict(), tmp_path / "w.pth")
    net = fs.build_net("resnet18_8s", 1, 2, pretrained=str(tmp_path / "w.pth")).eval()
    from napari_fcnseg.images.normalise import Normalisation

    classes = (fs.SegClass(1, "a", "#ff0000"), fs.SegClass(2, "b", "#00ff00"))
    fs.Model(net, Normalisation("mean_std", (0.0,), (1.0,)), classes).save(tmp_path / "m.zip")
    (tmp_path / "w.pth").unlink()
    loaded = fs.load_model(tmp_path / "m.zip", check=True)
    assert loaded.net.parameter_count == net.parameter_count


def test_frozen_context_makes_tiles_agree():
    torch.manual_seed(0)
    net = fs.build_net("deeplabv3_mobilenet_v3_large", 1, 2).double().eval()
    assert not net.exact
    assert any("AdaptiveAvgPool2d" in layer for layer in net.inexact_layers)
    slice_ = torch.randn(1, 1, 64, 96).double()
    other = torch.randn(1, 1, 64, 96).double()
    with torch.inference_mode():
        free = net(other)
        with net.frozen_context(net.pool_context(slice_)):
            assert torch.allclose(net(slice_), net(torch.cat([slice_, other]))[:1])
            frozen = net(other)
        assert torch.allclose(net(other), free)  # and nothing stays frozen
    assert not torch.equal(frozen, free)
