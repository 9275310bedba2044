"""Staged training: a finer network starts as the coarser one."""

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.fcn import refine_fcn


def test_a_finer_network_starts_as_the_coarser_one():
    torch.manual_seed(0)
    coarse = fs.build_net("fcn32s", 1, 2, width=2).eval()
    with torch.no_grad():
        coarse.scores[0].weight.normal_()
    fine = fs.build_net("fcn16s", 1, 2, width=2).eval()
    x = torch.randn(1, 1, 96, 96)
    with torch.inference_mode():
        assert not fine(x).any()
        refine_fcn(coarse, fine)
        before, after = coarse(x), fine(x)
    assert not fine.scores[1].weight.any()
    # Two bilinear steps of 2 and 16 are nearly the one of 32.
    assert (after - before).abs().mean() < 0.2 * before.std()


def test_networks_that_do_not_fit_are_refused():
    coarse = fs.build_net("fcn32s", 1, 2, width=2)
    for other in ({"classes": 3, "width": 2}, {"width": 4}):
        with pytest.raises(NetError, match="one backbone"):
            refine_fcn(coarse, fs.build_net("fcn16s", 1, **other))
