"""Packages for other tools: they pass the tests of bioimage.io, and run without this one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.conftest import CLASSES, make_model
from tests.models.packages import description

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.errors import ModelError
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.models.convert import write_onnx, write_torchscript
from napari_fcnseg.nets.geometry import legal_size

ABOUT = fs.About(
    "Finds cells",
    ("Ada Lovelace; University of London; 0000-0002-1825-0097", "Charles Babbage"),
    "CC-BY-4.0",
    ("U-Net; 10.1007/978-3-319-24574-4_28", "A page; https://example.com/cells"),
)
NETS = {
    "valid U-Net": ("unet", {"width": 4, "depth": 2, "padding": "valid"}),
    "same-padded U-Net": ("unet_light", {"width": 4, "depth": 3}),
    "RGB": ("unet_light", {"width": 4, "depth": 3, "in_channels": 3}),
    "3D": ("unet3d_light", {"width": 4, "depth": 2, "flat": 1}),
    "DeepLab": ("deeplabv2", {"width": 4, "backbone": "resnet18"}),
    "one that sees 1900 pixels": ("lraspp_mobilenet_v3_large", {}),
}


@pytest.fixture(params=NETS)
def model(request):
    name, options = NETS[request.param]
    channels = options.get("in_channels", 1)
    torch.manual_seed(0)
    net = fs.build_net(name, classes=2, **({"in_channels": 1} | options)).eval()
    with torch.no_grad():  # scores that start at 0 would tell nothing
        for weights in net.parameters():
            if not weights.any():
                weights.normal_(0, 0.05)
    normalisation = Normalisation("mean_std", (100.0,) * channels, (50.0,) * channels)
    return fs.Model(net, normalisation, CLASSES, name="for others", about=ABOUT)


@pytest.mark.filterwarnings("ignore")  # of the checking library itself
def test_every_format_passes_the_test_of_bioimage_io(model, tmp_path):
    from bioimageio.core import test_model as check
    from bioimageio.spec import load_description
    from bioimageio.spec.model.v0_5 import ModelDescr

    path = model.save(tmp_path / "m.zip", formats=("torchscript", "onnx"))
    loaded = load_description(path)
    assert isinstance(loaded, ModelDescr)
    assert loaded.validation_summary.status != "failed"
    for kind in ("pytorch_state_dict", "torchscript", "onnx"):
        summary = check(loaded, weight_format=kind)
        assert summary.status == "passed", summary.display()
    again = fs.load_model(path, check=True)
    assert again.about == ABOUT
    image = np.random.default_rng(0).integers(0, 255, (3, 130, 130), np.uint8)
    options = {"axes": "CYX"} if model.net.in_channels == 3 else {"axes": "ZYX"}
    assert np.array_equal(fs.segment(again, image, **options), fs.segment(model, image, **options))


def test_onnx_weights_take_batches_and_other_sizes(tmp_path):
    import onnxruntime

    net = make_model(width=4, depth=3).net
    assert write_onnx(net, tmp_path / "w.onnx") >= 17
    session = onnxruntime.InferenceSession(tmp_path / "w.onnx", providers=["CPUExecutionProvider"])
    for size in ((1, 1, 8, 8), (5, 1, 64, 40)):
        x = torch.randn(size)
        with torch.inference_mode():
            wanted = net(x).numpy()
        assert session.run(None, {"raw": x.numpy()})[0] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("kind", ["torchscript", "onnx"])
def test_what_cannot_be_written_says_so_and_writes_nothing(tmp_path, monkeypatch, kind):
    """A choice by size is lost when one size is traced: the others tell it."""
    model, names = make_model(), {"torchscript": "TorchScript", "onnx": "ONNX"}
    first = legal_size(40, *[getattr(model.net, n)[-1] for n in ("min_size", "stride")])
    forward = type(model.net).forward
    chosen = {True: 2.0, False: 1.0}
    monkeypatch.setattr(
        type(model.net), "forward", lambda net, x: forward(net, x) * chosen[x.shape[-1] > first]
    )
    with pytest.raises(ModelError, match=f"unet cannot be written as {names[kind]}"):
        model.save(tmp_path / "m.zip", formats=(kind,))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["segnet", "deconvnet"])
def test_networks_that_remember_maxima_are_written(name, tmp_path):
    net = fs.build_net(name, width=4).eval()
    write_torchscript(net, tmp_path / "w.pt")
    assert (tmp_path / "w.pt").exists()


def test_without_onnx_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(ModelError, match=r"napari-fcnseg\[onnx\]"):
        make_model().save(tmp_path / "m.zip", formats=("onnx",))


def test_people_stand_in_the_package(tmp_path):
    path = replace(make_model(), about=ABOUT).save(tmp_path / "m.zip")
    found = description(path)
    assert found["authors"] == [
        {"name": "Ada Lovelace", "affiliation": "University of London",
         "orcid": "0000-0002-1825-0097"},
        {"name": "Charles Babbage"},
    ]  # fmt: skip
    assert found["license"] == "CC-BY-4.0"
    assert [c.get("doi") or c.get("url") for c in found["cite"]] == [
        "10.1007/978-3-319-24574-4_28", "https://example.com/cells",
    ]  # fmt: skip
    assert found["description"] == "Finds cells"


@pytest.mark.parametrize(
    "wrong",
    [
        {"license": "free for all"},
        {"authors": ("Ada; London; 0000-0000-0000-0000",)},
        {"authors": ("a; b; c; d",)},
        {"authors": ("",)},
        {"cite": ("a paper without a place",)},
        {"cite": ("a paper; no doi",)},
    ],
)
def test_what_people_say_is_checked_at_once(wrong):
    with pytest.raises(ModelError, match="SPDX"):
        fs.About(**wrong)


def test_the_command(tmp_path, capsys):
    make_model().save(tmp_path / "m.zip")
    arguments = ["export", str(tmp_path / "m.zip"), "--out", str(tmp_path / "n.zip")]
    more = ["--formats", "torchscript", "--author", "Ada Lovelace", "--license", "MIT", "--json"]
    assert main([*arguments, *more]) == 0
    assert json.loads(capsys.readouterr().out)["formats"] == ["state_dict", "torchscript"]
    found = description(tmp_path / "n.zip")
    assert set(found["weights"]) == {"pytorch_state_dict", "torchscript"}
    assert found["authors"][0]["name"] == "Ada Lovelace"
    assert main([*arguments, "--formats", "none"]) == 8  # it is there already
    again = [*arguments, "--overwrite", "--formats", "none", "--cite", "x; 10.1000/1"]
    assert main(["export", str(tmp_path / "n.zip"), *again[2:]]) == 0
    kept = fs.load_model(tmp_path / "n.zip").about
    assert kept == fs.About("", ("Ada Lovelace",), "MIT", ("x; 10.1000/1",))
    assert main([*arguments, "--overwrite", "--license", "mine"]) == 6
    with pytest.raises(SystemExit) as error:
        main([*arguments, "--formats", "tensorflow"])
    assert error.value.code == 2
