"""Networks that pool globally: tiles agree through a thumbnail of the whole slice."""

import dask.array as da
import numpy as np
import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.inference import context as module
from napari_fcnseg.inference.context import thumbnail

TILE = 1100  # the halo is 936 and more


@pytest.fixture(scope="module")
def pooling():
    torch.manual_seed(0)
    net = fs.build_net("deeplabv3_mobilenet_v3_large", 1, 2)
    for layer in net.modules():  # statistics as a trained network has them
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        for _ in range(3):
            logits = net.train()(torch.randn(4, 1, 96, 96) + torch.randn(4, 1, 1, 1))
        net.eval().classifier[-1].weight /= logits.std()
    classes = (fs.SegClass(1, "a", "#ff0000"), fs.SegClass(2, "b", "#00ff00"))
    return fs.Model(net, Normalisation("mean_std", (0.0,), (1.0,)), classes)


@pytest.fixture(scope="module")
def image():
    """Dark on one side and bright on the other, so that tiles see unlike contexts."""
    ramp = np.linspace(-2, 2, 2600, dtype=np.float32)
    return (ramp + np.random.default_rng(0).normal(0, 0.3, (40, 2600))).astype(np.float32)


def probabilities(model, image, **options):
    return fs.segment(model, image, output="probabilities", **options)


def test_tiles_agree_with_each_other(pooling, image):
    whole = probabilities(pooling, image, tile=10_000)
    tiled = probabilities(pooling, image)
    assert np.abs(tiled - whole).max() <= 1e-5
    seams = probabilities(pooling, image, context="tile")
    assert np.abs(seams - whole).max() > 100 * np.abs(tiled - whole).max()


def test_a_lazy_array_with_a_pool_of_its_own_does_not_hang(pooling, image):
    from concurrent.futures import ThreadPoolExecutor

    import dask

    array = da.from_array(np.stack([image[:, :200]] * 2), chunks=(1, 20, 100))
    with ThreadPoolExecutor(2) as pool, dask.config.set(pool=pool):
        labels = fs.segment_lazy(pooling, array, axes="ZYX", tile=1100)
        assert set(np.unique(labels.compute())) <= {1, 2}
    with pytest.raises(fs.FcnsegError, match="context = 'whole': choose one of"):
        fs.segment_lazy(pooling, array, axes="ZYX", context="whole")


def test_a_region_and_a_lazy_array_are_parts_of_the_whole(pooling, image):
    stack = np.stack([image[:, :700], image[:, -700:]])
    whole = probabilities(pooling, stack, axes="ZYX")
    lazy = fs.segment_lazy(pooling, da.from_array(stack, chunks=(1, 20, 300)), "probabilities",
                           axes="ZYX")  # fmt: skip
    assert np.abs(lazy[:, 1, 10:20, 100:300].compute() - whole[:, 1, 10:20, 100:300]).max() <= 1e-5
    region = ((1, 2), (5, 30), (200, 333))
    part = np.zeros((2, 1, 25, 133), np.float32)
    fs.predict(pooling, stack, part, axes="ZYX", output="probabilities", region=region).wait()
    assert np.abs(part - whole[:, 1:2, 5:30, 200:333]).max() <= 1e-5


@pytest.mark.parametrize("shape", [(30, 20), (31, 97), (64, 64)])
def test_a_thumbnail_is_every_nth_pixel(monkeypatch, shape):
    monkeypatch.setattr(module, "THUMBNAIL", 20)
    monkeypatch.setattr(module, "BLOCK", 17)
    pixels = np.arange(2 * 2 * shape[0] * shape[1]).reshape(2, 2, *shape)
    step = -(-max(shape) // 20)
    found = thumbnail(Image(pixels, "CZYX"), ((1, 2),))
    assert np.array_equal(found, pixels[:, 1, ::step, ::step])
