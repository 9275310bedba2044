import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.training.augment import augment, window_size
from napari_fcnseg.training.recipe import Recipe

STILL = Recipe(flip=False, rotate="none", elastic=0, brightness=0, contrast=0, noise=0)


def batch(size, seed=0, channels=1):
    rng = torch.Generator().manual_seed(seed)
    images = torch.randn(4, channels, size, size, generator=rng)
    targets = torch.randint(-1, 3, (4, size, size), generator=rng)
    return images, targets


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("patch", [32, 33])
def test_nothing_asked_nothing_changed(patch):
    images, targets = batch(window_size(patch, STILL))
    x, y, _ = augment(images, targets, patch, STILL, generator())
    assert torch.allclose(x, images, atol=1e-5)
    assert torch.equal(y, targets)


@pytest.mark.parametrize("patch", [32, 33])
def test_flips_and_right_angles_are_one_of_eight(patch):
    recipe = Recipe(elastic=0, brightness=0, contrast=0, noise=0)
    images, targets = batch(patch)
    seen = set()
    for seed in range(10):
        x, y, _ = augment(images, targets, patch, recipe, generator(seed))
        for i in range(4):
            poses = [torch.rot90(f, k) for f in (targets[i], targets[i].flip(1)) for k in range(4)]
            same = [k for k, pose in enumerate(poses) if torch.equal(pose, y[i])]
            assert len(same) == 1
            seen.add(same[0])
            pose = images[i, 0].flip(1) if same[0] >= 4 else images[i, 0]
            assert torch.allclose(x[i, 0], torch.rot90(pose, same[0] % 4), atol=1e-4)
    assert seen == set(range(8))


@given(
    seed=st.integers(0, 1000),
    rotate=st.sampled_from(["none", "right", "any"]),
    elastic=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_ids_stay_ids_and_images_follow_their_targets(seed, rotate, elastic):
    """An image that shows its own targets still shows them after the warp."""
    recipe = Recipe(rotate=rotate, elastic=elastic, brightness=0, contrast=0, noise=0)
    size = window_size(48, recipe)
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 3, (4, size // 12 + 1, size // 12 + 1))
    targets = torch.from_numpy(coarse.repeat(12, 1).repeat(12, 2)[:, :size, :size].copy())
    images = targets[:, None].float()
    x, y, _ = augment(images, targets, 48, recipe, generator(seed))
    assert set(y.unique().tolist()) <= {-1, 0, 1, 2}
    labelled = y >= 0
    # A few of the displacements of 10 pixels, standard deviation, go beyond the window.
    assert labelled.float().mean() > 0.75 if elastic else labelled.all()
    assert ((x[:, 0] - y).abs()[labelled] <= 0.51).float().mean() > 0.95


def test_outside_the_window_is_ignored():
    recipe = Recipe(rotate="any", elastic=0, flip=False, brightness=0, contrast=0, noise=0)
    images, targets = batch(32)
    _, y, _ = augment(images, targets.clamp(min=0), 32, recipe, generator(3))
    assert (y == -1).any()


def test_elastic_bends_by_about_ten_pixels():
    recipe = Recipe(rotate="none", flip=False, elastic=1, brightness=0, contrast=0, noise=0)
    size = window_size(128, recipe)
    ramp = torch.arange(size, dtype=torch.float32).expand(64, 1, size, size).contiguous()
    x, _, _ = augment(ramp, torch.zeros(64, size, size, dtype=torch.long), 128, recipe, generator())
    still = ramp[:, :, :128, (size - 128) // 2 : (size + 128) // 2]
    shift = (x - still)[:, 0, 63, 63]  # the middle of the coarse grid
    assert 7 < shift.std() < 13


def test_brightness_contrast_and_noise_leave_targets_alone():
    images, targets = batch(32, channels=2)
    recipe = Recipe(flip=False, rotate="none", elastic=0, brightness=0.5, contrast=0.5, noise=0.3)
    x, y, _ = augment(images, targets, 32, recipe, generator())
    assert torch.equal(y, targets)
    assert not torch.allclose(x, images, atol=0.1)


def test_the_same_numbers_give_the_same_batch():
    images, targets = batch(64)
    first, again = (augment(images, targets, 32, Recipe(), generator(5)) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
