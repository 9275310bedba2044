import pytest
import torch

from napari_fcnseg.training.intensity import change_intensity
from napari_fcnseg.training.recipe import Recipe

STILL = {"brightness": 0.0, "contrast": 0.0, "noise": 0.0}
CHANGES = [{"gamma": 0.5}, {"blur": 1.0}, {"low_resolution": 1.0}]


def changed(images, seed=0, **changes):
    recipe = Recipe(**STILL | changes)
    return change_intensity(images, recipe, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(3, 1, 40, 50), (3, 2, 4, 40, 50)])
@pytest.mark.parametrize("change", CHANGES)
def test_each_patch_in_its_own_way_and_none_moves(shape, change):
    images = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    given = images.clone()
    found = changed(images, **change)
    assert found.shape == images.shape
    assert torch.equal(images, given)
    assert all(not torch.allclose(f, i) for f, i in zip(found, images, strict=True))
    assert torch.equal(found, changed(images, **change))
    alike = changed(images[:1].expand(3, *shape[1:]).clone(), **change)
    if "low_resolution" not in change:
        assert not torch.allclose(alike[0], alike[1])


@pytest.mark.parametrize("change", [{"blur": 1.0}, {"low_resolution": 1.0}])
def test_blur_and_fewer_pixels_keep_the_mean_and_take_detail(change):
    images = torch.randn((4, 1, 64, 64), generator=torch.Generator().manual_seed(1))
    found = changed(images, **change)
    assert torch.allclose(found.mean((2, 3)), images.mean((2, 3)), atol=0.02)
    assert (found.std((2, 3)) < 0.9 * images.std((2, 3))).all()
    even = torch.full((2, 1, 30, 30), 3.0)
    assert torch.allclose(changed(even, **change), even, atol=1e-5)


def test_a_bright_square_stays_where_it_is():
    image = torch.zeros(1, 1, 48, 48)
    image[..., 16:24, 30:36] = 1
    for change in CHANGES:
        weights = changed(image, **change)[0, 0]
        rows, columns = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
        assert (rows * weights).sum() / weights.sum() == pytest.approx(19.5, abs=0.3)
        assert (columns * weights).sum() / weights.sum() == pytest.approx(32.5, abs=0.3)


def test_gamma_keeps_darkest_and_brightest():
    images = torch.randn(3, 2, 20, 20)
    found = changed(images, gamma=0.8)
    assert torch.allclose(found.amin((2, 3)), images.amin((2, 3)), atol=1e-5)
    assert torch.allclose(found.amax((2, 3)), images.amax((2, 3)), atol=1e-4)
    order = images[0, 0].flatten().argsort()
    assert (found[0, 0].flatten()[order].diff() >= -1e-6).all()


def test_probabilities_are_kept():
    images = torch.randn(400, 1, 8, 8)
    touched = (changed(images, blur=0.25) != images).flatten(1).any(1).float().mean()
    assert touched.item() == pytest.approx(0.25, abs=0.08)
