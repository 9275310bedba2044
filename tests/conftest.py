import gc
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

import napari_fcnseg as fs
from napari_fcnseg.images.normalise import Normalisation

settings.register_profile("fcnseg", deadline=None, print_blob=True)
settings.load_profile("fcnseg")
# Two cores, whether one process runs the tests or pytest-xdist shares them out; what a test starts
# has no more, as threads without a core of their own spend their time waiting for each other.
THREADS = 2 // min(2, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
torch.set_num_threads(THREADS)
os.environ["OMP_NUM_THREADS"] = str(THREADS)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Take what a file has left out of Python's sight: libraries collect garbage all the time."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


CLASSES = (fs.SegClass(1, "membrane", "#e69f00"), fs.SegClass(7, "cell", "#56b4e9"))


def make_model(seed=0, in_channels=1, classes=CLASSES, **options):
    """A model with random weights, made for grey values around 128 +- 64."""
    options = {"depth": 3, "width": 4, "padding": "same", "norm": "batch"} | options
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        net = fs.build_net("unet", in_channels, len(classes), **options)
        # Statistics as a trained network has them, and logits of the size of 1.
        for layer in net.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = None
        size = [n + 4 * s for n, s in zip(net.min_size, net.stride, strict=True)]
        logits = net.train()(torch.randn(2, in_channels, *size))
        net.eval().head.weight *= 0.5 / logits.std().clamp(min=0.1)
    normalisation = Normalisation("percentile", (128.0,) * in_channels, (64.0,) * in_channels)
    return fs.Model(net, normalisation, classes)


@pytest.fixture(autouse=True)
def kept_models(tmp_path_factory, monkeypatch):
    """No test sees, or adds to, the models and the unfinished outputs of who runs it."""
    monkeypatch.setenv("FCNSEG_MODELS", str(tmp_path_factory.mktemp("models")))
    monkeypatch.setenv("FCNSEG_STATE", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def model():
    return make_model()


@pytest.fixture(scope="session")
def data():
    """The folder of real images; tests that need it skip without it."""
    folder = os.environ.get("FCNSEG_DATA")
    if not folder:
        pytest.skip("FCNSEG_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def painted():
    """A small EM stack, its truth, and strokes on two of its slices."""
    from napari_fcnseg.images.synthetic import synthetic_em

    image, truth = synthetic_em((6, 160, 176), seed=3)
    strokes = fs.simulate_strokes(truth, [1, 4], share=0.06, seed=3)
    for array in (image, truth, strokes):
        array.flags.writeable = False
    return image, truth, strokes


@pytest.fixture
def grey():
    return np.random.default_rng(0).integers(0, 256, (3, 70, 90), dtype=np.uint8)
