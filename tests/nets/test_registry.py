import pytest

import napari_fcnseg as fs
from napari_fcnseg.nets.describe import describe
from napari_fcnseg.nets.registry import outline_net


def test_known_networks():
    assert fs.list_nets()[:2] == ["unet", "unet_light"]
    assert len(fs.list_nets()) == 34


def test_unknown_network_lists_the_known_ones():
    with pytest.raises(
        fs.FcnsegError,
        match=r"unknown network 'unett': did you mean 'unet'\?.*: unet, unet_li",
    ):
        fs.build_net("unett")


def test_unknown_option_lists_the_known_ones():
    with pytest.raises(fs.FcnsegError, match="no option 'dept'.*depth, width, padding, norm, up"):
        fs.build_net("unet", dept=3)


@pytest.mark.parametrize("wrong", [{"in_channels": 0}, {"classes": 0}])
def test_impossible_counts(wrong):
    with pytest.raises(fs.FcnsegError, match="at least 1"):
        fs.build_net("unet", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"depth": 1}, {"depth": 9}, {"width": 0}, {"padding": "reflect"}, {"norm": "x"}, {"up": "x"}],
)
def test_options_out_of_range_name_option_and_value(wrong):
    ((option, value),) = wrong.items()
    with pytest.raises(fs.FcnsegError, match=f"{option} = {value!r}"):
        fs.build_net("unet", **wrong)


@pytest.mark.parametrize(
    ("net", "wrong"),
    [("unet", {"width": 4.5}), ("unet3d", {"depth": "4"}), ("fcn8s", {"at_once": "no"})],
)
def test_options_of_another_type(net, wrong):
    ((option, value),) = wrong.items()
    with pytest.raises(fs.FcnsegError, match=f"{option} = {value!r} should be of the type"):
        fs.build_net(net, **wrong)


@pytest.mark.parametrize("wrong", [{"tile": 0}, {"batch": -1}])
def test_a_description_of_no_size(wrong):
    with pytest.raises(fs.FcnsegError, match="give 1 or more"):
        fs.describe(outline_net("unet_light"), **wrong)


def test_a_network_knows_how_it_was_built():
    net = fs.build_net("unet", 2, 3, depth=3, width=4)
    again = fs.build_net(net.name, net.in_channels, net.classes, **net.options)
    assert [p.shape for p in again.parameters()] == [p.shape for p in net.parameters()]
    assert net.options["padding"] == "valid"


def test_description():
    found = describe(fs.build_net("unet"))
    assert found["parameters"] == 31_030_658
    assert found["receptive_field"] == (188, 204)
    assert (found["stride"], found["halo"], found["margin"]) == (16, 92, 92)
    assert found["exact"] is True
    assert found["why_inexact"] == ""
    assert found["tile"] == (524, 524)


def test_description_of_a_network_that_sees_stacks():
    found = fs.describe(outline_net("unet25d", neighbours=2))
    assert found["axes"] == "ZYX"
    assert found["receptive_field"] == (92, 100)
    along_z = {"stride": 1, "receptive_field": (5, 5), "halo": 2, "margin": 2}
    assert found["along_z"] == along_z


def test_an_inexact_network_says_why():
    found = fs.describe(outline_net("deeplabv3_mobilenet_v3_large"), costs=False)
    assert found["exact"] is False
    assert "AdaptiveAvgPool2d" in found["why_inexact"]
    assert "depends on the whole input" in found["why_inexact"]
