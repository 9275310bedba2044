from dataclasses import replace

import numpy as np
import pytest

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.errors import AnnotationError
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation, fit_normalisation
from napari_fcnseg.training import planes as module
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.split import Split

NONE = Split({}, 64, 16)
PLAIN = Normalisation("percentile", (0.0,), (1.0,))


def coded_stack():
    """Pixels that say where they are, with labels where they say so too."""
    image = np.arange(2 * 60 * 80, dtype=np.float32).reshape(2, 60, 80)
    labels = np.where(image % 7 == 0, 3, np.where(image % 7 == 1, 9, 0)).astype(np.uint8)
    return image, labels


def sampler_of(image, labels, normalisation=PLAIN, ids=(3, 9), axes="ZYX"):
    opened = Image(image, axes)
    return PatchSampler([Source(opened, open_annotation(labels, opened), NONE)], ids, normalisation)


@pytest.mark.parametrize("room", [module.CACHE_BYTES, 0])
def test_pixels_and_targets_belong_together(monkeypatch, room):
    monkeypatch.setattr(module, "CACHE_BYTES", room)
    image, labels = coded_stack()
    sampler = sampler_of(image, labels)
    rng = np.random.default_rng(0)
    for _ in range(10):
        images, targets, _ = sampler.draw(3, (33, 33), (33, 33), rng)
        assert images.shape == (3, 1, 33, 33)
        assert targets.shape == (3, 33, 33)
        code = images[:, 0]
        expected = np.where(code % 7 == 0, 0, np.where(code % 7 == 1, 1, -1))
        inside = targets >= 0
        assert (targets[inside] == expected[inside]).all()
        assert inside.any((1, 2)).all()


def test_memory_and_file_give_the_same_patches(monkeypatch):
    image, labels = coded_stack()
    drawn = []
    for room in (module.CACHE_BYTES, 0):
        monkeypatch.setattr(module, "CACHE_BYTES", room)
        drawn.append(
            sampler_of(image, labels).draw(5, (40, 40), (40, 40), np.random.default_rng(1))
        )
    assert np.array_equal(drawn[0][0], drawn[1][0])
    assert np.array_equal(drawn[0][1], drawn[1][1])


def test_rare_classes_are_drawn_more_often_than_they_occur():
    labels = np.ones((64, 400), np.uint8)
    labels[30, 10:14] = 2
    sampler = sampler_of(np.zeros((64, 400), np.float32), labels, ids=(1, 2), axes="YX")
    _, targets, _ = sampler.draw(2000, (9, 9), (9, 9), np.random.default_rng(0))
    rare = (targets == 1).any((1, 2)).mean()
    expected = np.sqrt(4) / (np.sqrt(4) + np.sqrt(64 * 400 - 4))
    assert rare > expected / 2 > 10 * 4 / labels.size


def test_channels_and_normalisation():
    image = np.random.default_rng(0).normal(5, 2, (3, 40, 50)).astype(np.float32)
    labels = np.zeros((40, 50), np.uint8)
    labels[20, 20], labels[30, 30] = 3, 9
    normalise = Normalisation("percentile", (5.0,) * 3, (2.0,) * 3)
    sampler = sampler_of(image, labels, normalise, axes="CYX")
    images, _, _ = sampler.draw(2, (20, 20), (20, 20), np.random.default_rng(0))
    assert images.shape == (2, 3, 20, 20)
    assert abs(images.mean()) < 0.3


def test_nothing_left_to_train_on():
    image = Image(np.zeros((64, 64)), "YX")
    annotation = open_annotation(np.ones((64, 64), np.uint8), image)
    everything = Split({(): [(0, 0)]}, 64, 16)
    with pytest.raises(AnnotationError, match="leave no label to train on: paint more"):
        PatchSampler([Source(image, annotation, everything)], [1], PLAIN)


def test_each_image_is_normalised_by_itself_or_all_are_together():
    dark = np.random.default_rng(0).integers(0, 60, (96, 96), dtype=np.uint8)
    labels = np.zeros((96, 96), np.uint8)
    labels[20:30, 20:60], labels[60:70, 20:60] = 3, 9
    images = [Image(pixels, "YX") for pixels in (dark, dark + 150)]
    sources = [Source(image, open_annotation(labels, image), NONE) for image in images]
    together = fit_normalisation(images)
    for each in (True, False):
        sampler = PatchSampler(sources, [3, 9], replace(together, each=each))
        (first, _), (second, _) = (sampler.read(n, ((0, 96), (0, 96))) for n in (0, 1))
        assert np.allclose(first, second, atol=1e-5) == each
