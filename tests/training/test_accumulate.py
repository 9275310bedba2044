"""Patches that are too many for the memory are computed in parts, and learned from as one."""

import dataclasses

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import DeviceError
from napari_fcnseg.events import Note, Step, TrainingStarted
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.nets.registry import build_net
from napari_fcnseg.training.accumulate import Accumulation
from napari_fcnseg.training.objective import Objective

PLAIN = {"depth": 2, "width": 4, "padding": "same"}  # without BatchNorm
RECIPE = fs.Recipe(
    net="unet", net_options=PLAIN, patch=32, batch=8, steps=6, drop=0.2, average=0.5, pseudo=0.0
)
NORMED = dataclasses.replace(RECIPE, net="unet_light", net_options={"depth": 2, "width": 4})
CPU = torch.device("cpu")


def weights(net):
    return torch.cat([v.flatten() for v in net.state_dict().values()])


def in_parts(net, batch, parts):
    return Accumulation(net, CPU, batch, parts, print)


@pytest.fixture
def crowded(monkeypatch):
    """Set how many patches there is memory for in training; return what was tried."""
    tried = []

    def limit(most, error=None):
        call = SegmentationNet.__call__

        def forward(self, x):
            if x.device.type != "meta" and torch.is_grad_enabled():
                tried.append(len(x))
                if len(x) > most:
                    raise error or torch.OutOfMemoryError("CUDA out of memory")
            return call(self, x)

        monkeypatch.setattr(SegmentationNet, "__call__", forward)
        return tried

    return limit


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_the_gradient_is_that_of_the_whole(parts):
    """Of overlap and weighted classes too, where patches have very different numbers of labels."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(5, 1, 32, 32, generator=rng)
    y = torch.randint(0, 3, (5, 32, 32), generator=rng)
    y[0, 3:] = y[1, :, 9:] = y[4] = -1
    objective = Objective(fs.Recipe(weighting="balanced", dice=1.0), [5000, 90, 400], CPU)
    torch.manual_seed(0)
    net = build_net("unet", 1, 3, **PLAIN).train()
    gradients = []
    for n in (1, parts):
        net.zero_grad()
        loss = objective(in_parts(net, 5, n).logits(x), y, x)
        loss.backward()
        gradients.append(torch.cat([loss[None], *(p.grad.flatten() for p in net.parameters())]))
    assert gradients[0][1:].abs().max() > 1e-2
    assert torch.allclose(*gradients, atol=1e-6, rtol=1e-5)


def test_statistics_see_each_part_once():
    torch.manual_seed(0)
    net = build_net("unet_light", 1, 2, depth=2, width=4).train()
    logits = in_parts(net, 4, 2).logits(torch.randn(4, 1, 32, 32))
    statistics = {n: b.clone() for n, b in net.named_buffers() if "running" in n}
    logits.square().mean().backward()  # computes the parts again
    assert statistics
    assert all(torch.equal(b, statistics[n]) for n, b in net.named_buffers() if "running" in n)


@pytest.mark.parametrize("drops", [0.0, 0.5])
def test_dropout_drops_the_same_when_a_part_is_computed_again(drops):
    class Dropping(torch.nn.Module):
        min_batch = 1

        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
            return torch.nn.functional.dropout(x * self.scale, drops)

    net = Dropping()
    x = torch.randn(4, 1, 16, 16)
    logits = in_parts(net, 4, 2).logits(x)
    logits.sum().backward()
    assert net.scale.grad.item() == pytest.approx(logits.sum().item(), rel=1e-4)


def test_a_run_goes_on_when_memory_runs_out(painted, crowded):
    image, _, strokes = painted
    expected = fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    tried = crowded(2)
    events = list(fs.train(image, strokes, RECIPE, axes="ZYX", device="cpu"))
    assert sum(isinstance(e, Step) for e in events) == RECIPE.steps
    assert sum(n > 2 for n in tried) == 2  # 8 and 4, once each
    notes = [e.text for e in events if isinstance(e, Note)]
    assert notes == [
        "memory ran out with 8 patches of 32 x 32 px: the 8 patches of a step are computed 4 at a "
        "time",
        "memory ran out with 4 patches of 32 x 32 px: the 8 patches of a step are computed 2 at a "
        "time",
    ]
    found = events[-1].model
    assert (found.provenance["batch"], found.provenance["parts"]) == (8, 4)
    assert torch.allclose(weights(found.net), weights(expected.net), atol=1e-3)


def test_it_runs_out_in_the_backward_pass_too(painted, monkeypatch):
    image, _, strokes = painted
    expected = fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    backward, failed = torch.Tensor.backward, []

    def fails_once(self, *arguments, **options):
        backward(self, *arguments, **options)
        if self.device.type != "meta" and not failed:  # gradients are there, and must be forgotten
            failed.append(self)
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")

    monkeypatch.setattr(torch.Tensor, "backward", fails_once)
    found = fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    assert found.provenance["parts"] == 2
    assert torch.allclose(weights(found.net), weights(expected.net), atol=1e-3)


def test_no_part_is_smaller_than_the_network_allows(painted, crowded, monkeypatch):
    monkeypatch.setattr(SegmentationNet, "min_batch", 2)
    image, _, strokes = painted
    recipe = dataclasses.replace(NORMED, batch=5)
    tried = crowded(3)
    events = list(fs.train(image, strokes, recipe, axes="ZYX", device="cpu"))
    assert set(tried) == {5, 3, 2}
    (note,) = [e.text for e in events if isinstance(e, Note)]
    assert note.endswith("computed 3 at a time, and BatchNorm sees no more than those")
    crowded(2)
    with pytest.raises(DeviceError, match=r"cpu has not enough memory .* on 3 patches of 32 x 32"):
        fs.fit(image, strokes, recipe, axes="ZYX", device="cpu")


def test_a_patch_too_large_is_told(painted, crowded):
    image, _, strokes = painted
    crowded(0)
    with pytest.raises(DeviceError, match=r"unet on 1 patch of 32 x 32 px .*\(patch\)"):
        fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")


def test_other_errors_are_not_taken_for_a_lack_of_memory(painted, crowded):
    image, _, strokes = painted
    tried = crowded(4, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        fs.fit(image, strokes, RECIPE, axes="ZYX", device="cpu")
    assert tried == [8]


def test_stopped_and_continued_it_is_the_same_bit_for_bit(painted, stopped, crowded):
    image, _, strokes = painted
    tried = crowded(4)
    whole = fs.fit(image, strokes, NORMED, axes="ZYX", device="cpu")
    go_on = stopped(NORMED, 1, device="cpu")
    tried.clear()
    events = list(go_on())
    assert set(tried) == {4}
    started = next(e for e in events if isinstance(e, TrainingStarted))
    assert any("computed 4 at a time" in note for note in started.notes)
    assert torch.equal(weights(events[-1].model.net), weights(whole.net))
