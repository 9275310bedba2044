"""What only a graphics card shows of training; skipped without one."""

import dataclasses

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.events import Note, Step
from napari_fcnseg.nets.device_memory import available_memory

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

SMALL = fs.Recipe(net_options={"depth": 3, "width": 8}, patch=64, batch=4, steps=60)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16", "auto"])
def test_it_learns_in_each_precision(painted, precision):
    image, _, strokes = painted
    recipe = dataclasses.replace(SMALL, precision=precision)
    *events, last = fs.train(image, strokes, recipe, axes="ZYX", device="cuda")
    losses = [e.loss for e in events if isinstance(e, Step)]
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    used = last.model.provenance["precision"]
    assert used == precision or (precision == "auto" and used in ("bfloat16", "float16"))
    assert all(p.dtype == torch.float32 for p in last.model.net.parameters())


def test_float16_goes_on_with_its_scale(stopped, tmp_path):
    recipe = dataclasses.replace(SMALL, precision="float16", steps=12)
    go_on = stopped(recipe, 5, device="cuda", checkpoint=tmp_path / "c")
    state = torch.load(tmp_path / "c", weights_only=True)["state"]["trainer"]["precision"]
    assert state["_growth_tracker"] <= 5
    assert go_on().wait().steps == 12


def test_a_card_that_is_too_small_computes_in_parts(painted):
    image, _, strokes = painted
    recipe = dataclasses.replace(
        SMALL, net_options={"depth": 3, "width": 16}, patch=128, batch=64, steps=3
    )
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(max(0.002, 400e6 / total))
    try:
        *events, last = fs.train(image, strokes, recipe, axes="ZYX", device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert last.steps == 3
    assert last.model.provenance["parts"] > 1
    assert any(e.text.startswith("memory ran out with") for e in events if isinstance(e, Note))


def test_what_is_available_is_less_when_some_is_taken():
    device = torch.device("cuda")
    before = available_memory(device)
    taken = torch.empty(2**26, device=device)  # 256 MiB
    assert before - available_memory(device) > 0.9 * taken.nbytes
    del taken
    assert available_memory(device) == pytest.approx(before, rel=0.02)
