"""What a network computes in while it learns."""

import dataclasses

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import RecipeError
from napari_fcnseg.events import Step
from napari_fcnseg.nets.base import SegmentationNet
from napari_fcnseg.training.precision import Precision
from napari_fcnseg.training.prepare import prepare
from napari_fcnseg.training.trainer import Trainer

QUICK = fs.Recipe(net_options={"depth": 2, "width": 4}, patch=32, batch=2, steps=8)
HALF = dataclasses.replace(QUICK, precision="bfloat16")
CPU = torch.device("cpu")


def weights(net):
    return torch.cat([p.flatten() for p in net.parameters()])


@pytest.fixture
def trainer(painted):
    image, _, strokes = painted
    return Trainer(prepare(image, strokes, axes="ZYX"), QUICK, "cpu", "m")


def scale_gradients(trainer):
    """As float16 does; on the processor, where autocast does not know it."""
    trainer._precision._scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)


def test_a_processor_computes_in_float32_unless_asked(painted):
    image, _, strokes = painted
    auto, full, half = (
        fs.fit(image, strokes, dataclasses.replace(QUICK, precision=p), axes="ZYX", device="cpu")
        for p in ("auto", "float32", "bfloat16")
    )
    assert torch.equal(weights(auto.net), weights(full.net))
    assert not torch.equal(weights(auto.net), weights(half.net))
    assert [m.provenance["precision"] for m in (auto, half)] == ["float32", "bfloat16"]


def test_bfloat16_learns_with_weights_and_validation_in_float32(painted, monkeypatch):
    image, _, strokes = painted
    seen = set()
    call = SegmentationNet.__call__

    def told(self, x):
        logits = call(self, x)
        if x.device.type != "meta" and torch.is_grad_enabled():
            seen.add(("learns", logits.dtype))
        elif torch.is_inference_mode_enabled():
            seen.add(("validates", logits.dtype))
        return logits

    monkeypatch.setattr(SegmentationNet, "__call__", told)
    recipe = dataclasses.replace(HALF, steps=60, batch=4)
    *events, last = fs.train(image, strokes, recipe, axes="ZYX", device="cpu")
    losses = [e.loss for e in events if isinstance(e, Step)]
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    assert seen == {("learns", torch.bfloat16), ("validates", torch.float32)}
    assert weights(last.model.net).dtype == torch.float32


def test_float16_needs_a_card(painted):
    image, _, strokes = painted
    recipe = dataclasses.replace(QUICK, precision="float16")
    with pytest.raises(RecipeError, match="needs a CUDA card, but this trains on cpu: take 'auto'"):
        fs.train(image, strokes, recipe, axes="ZYX", device="cpu")


@pytest.mark.parametrize(
    ("capability", "name"), [((7, 5), "float16"), ((8, 0), "bfloat16"), ((9, 0), "bfloat16")]
)
@pytest.mark.filterwarnings("ignore:.*GradScaler is enabled, but CUDA is not available")
def test_cards_choose_by_what_they_were_made_for(monkeypatch, capability, name):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert Precision("auto", torch.device("cuda")).name == name


def test_scaled_gradients_make_the_same_step(painted):
    image, _, strokes = painted
    found = []
    for scaled in (False, True):
        trainer = Trainer(prepare(image, strokes, axes="ZYX"), QUICK, "cpu", "m")
        if scaled:
            scale_gradients(trainer)
        found.append([trainer.step(i / 4)[0] for i in range(4)])
        found.append(weights(trainer.net))
    assert found[0] == pytest.approx(found[2])
    assert torch.allclose(found[1], found[3], atol=1e-6)


def test_a_step_whose_gradients_overflow_is_not_taken(trainer):
    scale_gradients(trainer)
    trainer.step(0.1)
    before, averaged = weights(trainer.net), weights(trainer._average.net)
    spoil = trainer.net.head.weight.register_hook(lambda gradient: gradient / 0)
    trainer.step(0.2)
    spoil.remove()
    assert torch.equal(weights(trainer.net), before)
    assert torch.equal(weights(trainer._average.net), averaged)
    assert trainer.steps == 2
    assert trainer.state_dict()["precision"]["scale"] == 512
    trainer.step(0.3)
    assert not torch.equal(weights(trainer.net), before)
    assert not torch.equal(weights(trainer._average.net), averaged)


def test_the_scale_goes_on_from_its_state():
    first, other = Precision("float32", CPU), Precision("float32", CPU)
    for precision, scale in ((first, 64.0), (other, 2.0)):
        precision._scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    other.load_state_dict(first.state_dict())
    assert other.scale(torch.ones(())) == 64
    other.load_state_dict({})  # of a run on a device that scales nothing
    assert other.scale(torch.ones(())) == 64


def test_stopped_and_continued_it_is_the_same_bit_for_bit(painted, stopped):
    image, _, strokes = painted
    whole = fs.fit(image, strokes, HALF, axes="ZYX", device="cpu")
    last = stopped(HALF, 3, device="cpu")().wait()
    assert torch.equal(weights(last.model.net), weights(whole.net))
