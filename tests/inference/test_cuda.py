"""What only a graphics card shows; skipped without one."""

import numpy as np
import pytest
import torch
from tests.conftest import make_model

import napari_fcnseg as fs

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (3, 900, 1100), dtype=np.uint8)


def test_tiles_are_the_whole_and_the_same_as_on_the_cpu(image):
    model, options = make_model(depth=4, width=8), {"axes": "ZYX", "output": "probabilities"}
    tiled = fs.segment(model, image, tile=384, device="cuda", **options)
    whole = fs.segment(model, image, tile=4096, device="cuda", **options)
    assert np.abs(tiled - whole).max() <= 1e-5
    assert np.abs(tiled - fs.segment(model, image, device="cpu", **options)).max() <= 1e-4


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_smaller_precisions_change_few_labels(image, precision):
    model, out = make_model(depth=4, width=8), np.zeros(image.shape, np.uint8)
    source = fs.Image(image, "ZYX")
    fs.predict(model, source, out, device="cuda", precision=precision).wait()
    assert (out != fs.segment(model, source, device="cuda")).mean() < 0.05


def test_a_device_that_is_too_small_gets_smaller_tiles(image):
    model = make_model(depth=4, width=16)
    expected = fs.segment(model, image, axes="ZYX", device="cuda")
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(max(0.002, 150e6 / total))
    try:
        found = fs.segment(model, image, axes="ZYX", tile=4096, device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert (found != expected).mean() < 1e-4


def test_memory_keeps_to_its_budget(image):
    model = make_model(depth=4, width=16)
    out = np.zeros(image.shape, np.uint8)
    torch.cuda.reset_peak_memory_stats()
    fs.predict(model, fs.Image(image, "ZYX"), out, device="cuda", memory="300MB").wait()
    assert torch.cuda.max_memory_allocated() < 1.2 * 300e6
