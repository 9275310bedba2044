"""Parameters of every published network, counted exactly; nothing is computed."""

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.nets.dilated import ContextModule

COUNTS = [
    (219_290, "ciresan_n4", 1, 2, {}),
    (136_152_917, "fcn32s", 3, 21, {}),
    (134_815_994, "fcn16s", 3, 21, {}),
    (134_489_759, "fcn8s", 3, 21, {}),
    (139_581_126, "fcn8s", 3, 2, {"backbone": "vgg19"}),
    # The lecture's variant leaves conv5_4 of VGG-19 out, which has 2 359 808.
    (151_060_078 + 2_359_808, "fcn8s", 3, 151, {"backbone": "vgg19", "fuse": "features"}),
    (251_805_653, "deconvnet", 3, 21, {}),
    (29_449_355, "segnet", 3, 11, {}),
    (29_455_125, "segnet", 3, 21, {}),
    (29_443_010, "segnet", 1, 2, {}),
    (1_416_587, "segnet_basic", 3, 11, {}),
    (1_376_795, "fcdensenet56", 3, 11, {}),
    (3_463_243, "fcdensenet67", 3, 11, {}),
    (9_322_091, "fcdensenet103", 3, 11, {}),
    (134_346_581, "dilatednet", 3, 21, {}),
    (134_346_581 + 28_392, "dilatednet", 3, 21, {"context": "basic"}),
    (134_346_581 + 6_803_139, "dilatednet", 3, 21, {"context": "large"}),
    (20_505_429, "deeplabv1_largefov", 3, 21, {}),
    (134_346_581, "deeplabv1_largefov", 3, 21, {"variant": "7x7"}),
    (65_140_565, "deeplabv1_largefov", 3, 21, {"variant": "crf"}),
    (65_140_565, "deeplabv1_largefov", 3, 21, {"variant": "4x4"}),
    (21_711_550, "deeplabv1_msc", 3, 21, {}),
    (44_048_532, "deeplabv2", 3, 21, {}),
    (42_887_253, "deeplabv2", 3, 21, {"rates": (12,)}),
    (37_877_652, "deeplabv2", 3, 21, {"backbone": "vgg16"}),
    (11_187_285, "resnet18_8s", 3, 21, {}),
    (21_295_445, "resnet34_8s", 3, 21, {}),
    (23_551_061, "resnet50_8s", 3, 21, {}),
    (42_543_189, "resnet101_8s", 3, 21, {}),
    (7_852_644, "unet_same", 3, 4, {}),
    (118_052_437, "refinenet", 3, 21, {}),
    (99_060_309, "refinenet", 3, 21, {"backbone": "resnet50"}),
    (32_957_013, "fcn_resnet50", 3, 21, {}),
    (35_322_218, "fcn_resnet50", 3, 21, {"aux": True}),
    (51_949_141, "fcn_resnet101", 3, 21, {}),
    (54_314_346, "fcn_resnet101", 3, 21, {"aux": True}),
    (39_638_869, "deeplabv3_resnet50", 3, 21, {}),
    (42_004_074, "deeplabv3_resnet50", 3, 21, {"aux": True}),
    (39_633_986, "deeplabv3_resnet50", 3, 2, {}),
    (32_947_266, "fcn_resnet50", 3, 2, {}),
    (58_626_114, "deeplabv3_resnet101", 3, 2, {}),
    (58_630_997, "deeplabv3_resnet101", 3, 21, {}),
    (60_996_202, "deeplabv3_resnet101", 3, 21, {"aux": True}),
    (11_025_477, "deeplabv3_mobilenet_v3_large", 3, 21, {}),
    (3_221_538, "lraspp_mobilenet_v3_large", 3, 21, {}),
    (11_029_328, "deeplabv3_mobilenet_v3_large", 3, 21, {"aux": True}),
]


@pytest.mark.parametrize(("count", "name", "channels", "classes", "options"), COUNTS)
def test_parameters(count, name, channels, classes, options):
    with torch.device("meta"):
        assert fs.build_net(name, channels, classes, **options).parameter_count == count


@pytest.mark.parametrize(
    ("name", "learned"),
    [("fcn32s", 134_346_581), ("fcn16s", 134_357_354), ("fcn8s", 134_362_751)],
)
def test_parameters_without_bilinear_kernels(name, learned):
    with torch.device("meta"):
        net = fs.build_net(name, 3, 21)
    kernels = sum(p.numel() for n, p in net.named_parameters() if n.startswith("ups."))
    assert net.parameter_count - kernels == learned


def test_deeplab_v3_of_the_paper_is_without_one_convolution():
    with torch.device("meta"):
        net = fs.build_net("deeplabv3_resnet101", 3, 21)
    extra = sum(p.numel() for layer in (1, 2) for p in net.classifier[layer].parameters())
    assert net.parameter_count - extra == 58_040_661


@pytest.mark.parametrize(("kind", "count"), [("basic", 28_392), ("large", 6_803_139)])
def test_context_module(kind, count):
    module = ContextModule(21, kind)
    assert sum(p.numel() for p in module.parameters()) == count
    x = torch.rand(1, 21, 40, 40)
    with torch.inference_mode():
        assert (module(x) - x).abs().mean() < 0.1 * x.mean()  # it starts as the identity
