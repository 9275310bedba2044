import pytest
import torch

from napari_fcnseg.training.augment import augment
from napari_fcnseg.training.defects import add_defects
from napari_fcnseg.training.recipe import Recipe

SHAPES = [(64, 2, 40, 50), (64, 2, 5, 40, 50)]
STILL = {"elastic": 0.0, "flip": False, "rotate": "none"}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(shape):
    images = torch.randn(shape, generator=generator(1))
    return images, torch.ones(shape[0], *shape[2:], dtype=torch.long)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_patch_gets_its_own_defect(shape):
    images, targets = batch(shape)
    kept = images.clone()
    x, y = add_defects(images, targets, 1.0, generator())
    assert x.shape == images.shape
    assert y.shape == targets.shape
    assert torch.equal(images, kept)
    assert (targets == 1).all()
    assert torch.isfinite(x).all()
    assert all((a != b).any() for a, b in zip(x, images, strict=True))
    again = add_defects(images, targets, 1.0, generator())
    assert torch.equal(x, again[0])
    assert torch.equal(y, again[1])
    assert not torch.equal(x, add_defects(images, targets, 1.0, generator(5))[0])


def test_labels_go_only_where_nothing_is_left_to_see():
    images, targets = batch(SHAPES[0])
    x, y = add_defects(images, targets, 1.0, generator())
    missing = (y == -1).flatten(1).any(1)
    assert 0.2 < missing.float().mean() < 0.5  # one kind of three
    for image, target in zip(x[missing], y[missing], strict=True):
        hole = target == -1
        rows, columns = hole.any(1).sum(), hole.any(0).sum()
        assert hole.sum() == rows * columns  # a rectangle
        assert 10 <= rows <= 30
        assert 12 <= columns <= 38
        assert all(len(channel[hole].unique()) == 1 for channel in image)
    for n in torch.nonzero(missing).ravel().tolist():
        assert torch.equal(x[n][:, y[n] != -1], images[n][:, y[n] != -1])


def test_in_a_stack_one_slice_is_hit_and_labels_stay():
    images, targets = batch(SHAPES[1])
    x, y = add_defects(images, targets, 1.0, generator())
    assert torch.equal(y, targets)
    hit = (x != images).any(1).flatten(2).any(2)
    assert (hit.sum(1) == 1).all()
    assert hit.any(0).all()
    planes = x.transpose(1, 2)[hit]
    constant = (planes.flatten(1).unflatten(1, (2, -1)).std(2) < 1e-5).all(1)
    assert 0.1 < constant.float().mean() < 0.4  # one kind of four
    other = [
        (p - p.mean()) @ (i - i.mean()) / (p.std() * i.std() * len(p))
        for p, i in zip(planes.flatten(1), images.transpose(1, 2)[hit].flatten(1), strict=True)
    ]
    assert min(other) < -0.9  # a slice of inverted contrast


def test_a_fold_is_a_straight_band():
    images = torch.zeros(200, 1, 64, 64)
    images[:, :, ::2] = 1
    x, y = add_defects(images, torch.zeros(200, 64, 64, dtype=torch.long), 1.0, generator())
    changed = (x != images)[:, 0] & (y != -1)
    areas = changed.flatten(1).sum(1)
    folds = [c for c, n in zip(changed, areas.tolist(), strict=True) if 0 < n < 64 * 64 // 3]
    assert len(folds) > 30
    for fold in folds:
        at = torch.nonzero(fold).float()
        across = torch.linalg.svd(at - at.mean(0), full_matrices=False)[2][1]
        along = (at - at.mean(0)) @ across
        if len(at) > 500:  # a short one in a corner is no band
            assert along.max() - along.min() <= 10 + 2 + 1


@pytest.mark.parametrize("shape", [(4, 1, 32, 32), (4, 1, 3, 32, 32)])
def test_without_defects_the_same_numbers_are_drawn(shape, monkeypatch):
    images, targets = batch(shape)
    plain = augment(images, targets, 32, Recipe(**STILL), rng := generator(3))
    monkeypatch.setattr("napari_fcnseg.training.augment.add_defects", None)
    again = augment(images, targets, 32, Recipe(**STILL, defects=0.0), other := generator(3))
    assert torch.equal(plain[0], again[0])
    assert torch.equal(rng.get_state(), other.get_state())


def test_the_same_numbers_are_drawn_whatever_happens():
    images, targets = batch((6, 1, 16, 16))
    states = []
    for probability, size in [(0.01, 16), (1.0, 16), (1.0, 8)]:
        add_defects(images[..., :size], targets[..., :size], probability, rng := generator(2))
        states.append(rng.get_state())
    assert torch.equal(states[0], states[1])
    assert torch.equal(states[0], states[2])


def test_the_probability_is_kept():
    images, targets = batch((400, 1, 16, 16))
    x, _ = add_defects(images, targets, 0.25, generator())
    assert (x != images).flatten(1).any(1).float().mean() == pytest.approx(0.25, abs=0.08)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("shape", SHAPES)
def test_every_device_does_the_same(shape):
    images, targets = batch(shape)
    x, y = add_defects(images, targets, 1.0, generator())
    there, labels = add_defects(images.cuda(), targets.cuda(), 1.0, generator())
    assert torch.allclose(there.cpu(), x, atol=1e-4)
    assert torch.equal(labels.cpu(), y)
