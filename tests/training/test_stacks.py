"""Networks that see stacks, from strokes to tiles."""

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import NetError
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.training.augment import augment, patch_size

NETS = {"unet25d": {"depth": 3, "width": 8}, "unet3d_light": {"depth": 3, "width": 4, "flat": 2}}


@pytest.fixture(scope="module", params=NETS)
def model(request, painted):
    image, _, strokes = painted
    recipe = fs.Recipe(
        net=request.param, net_options=NETS[request.param], steps=60, batch=4, patch=64, pseudo=0.0
    )
    return fs.fit(image, strokes, recipe, axes="ZYX")


def test_it_learns_from_strokes_on_single_slices(model, painted):
    image, truth, strokes = painted
    labels = fs.segment(model, image, axes="ZYX")
    unseen = [z for z in range(len(image)) if not strokes[z].any()]
    scores = iou(confusion_matrix(truth[unseen].ravel() - 1, labels[unseen].ravel() - 1, 3))
    assert np.mean(scores) > 0.4
    assert model.provenance["validation"]


def test_tiles_and_regions_are_the_whole(model, painted, tmp_path):
    image = painted[0]
    options = {"output": "probabilities", "axes": "ZYX"}
    whole = fs.segment(model, image, tile=4096, **options)
    tiled = fs.segment(model, image, tile=108, **options)
    assert np.abs(tiled - whole).max() <= 1e-5
    region = ((2, 3), (11, 90), (40, 150))
    part = np.zeros([len(model.classes), *(stop - start for start, stop in region)], np.float32)
    fs.predict(model, image, part, region=region, **options).wait()
    assert np.abs(part - whole[(slice(None), *(slice(*s) for s in region))]).max() <= 1e-5


def test_time_series_of_stacks(model, painted):
    image = painted[0]
    both = np.stack([image, image[::-1]])
    labels = fs.segment(model, both, axes="TZYX")
    assert np.array_equal(labels[0], fs.segment(model, image, axes="ZYX"))
    assert np.array_equal(labels[1], fs.segment(model, image[::-1], axes="ZYX"))


def test_it_is_saved_with_its_slices(model, tmp_path):
    model.save(tmp_path / "m.zip")
    loaded = fs.load_model(tmp_path / "m.zip", check=True)
    assert loaded.sample.ndim == 4
    assert loaded.net.name == model.net.name


def test_single_slices_are_refused(model, painted):
    image, _, strokes = painted
    with pytest.raises(NetError, match=r"sees stacks, but image has the axes YX, without Z: take"):
        fs.segment(model, image[1])
    with pytest.raises(NetError, match="or give the axes as ZYX to take T for Z"):
        fs.train(image, strokes, model.recipe, axes="TYX")


def test_patches_have_the_slices_that_one_output_sees():
    def size(net, **options):
        net_options = options.pop("net_options", {})
        return patch_size(fs.build_net(net, width=1, **net_options).geometry, fs.Recipe(**options))

    assert size("unet25d") == (3, 128, 128)
    assert size("unet25d", slices=8) == (10, 128, 128)
    assert size("unet3d_light", slices=7, patch=100) == (8, 104, 104)
    assert size("unet3d_light") == (18, 128, 128)
    assert size("unet") == (316, 316)
    assert size("unet3d", patch=1) == (92, 92, 92)
    assert size("ciresan_n4", patch=1) == (95, 95)


def test_all_slices_of_a_patch_are_warped_alike():
    import torch

    recipe = fs.Recipe(flip=True, rotate="any", elastic=1.0, brightness=0, contrast=0, noise=0)
    image = torch.randn(3, 2, 1, 90, 90).repeat(1, 1, 4, 1, 1) + torch.arange(4.0).view(
        1, 1, 4, 1, 1
    )
    target = torch.randint(-1, 3, (3, 1, 90, 90)).repeat(1, 4, 1, 1)
    x, y, _ = augment(image, target, 48, recipe, torch.Generator().manual_seed(1))
    assert x.shape == (3, 2, 4, 48, 48)
    assert y.shape == (3, 4, 48, 48)
    assert (y == y[:, :1]).all()
    steps = (x[:, :, 1:] - x[:, :, :-1]).mean((1, 2, 3, 4))
    assert torch.allclose(steps.abs(), torch.ones(3), atol=1e-4)
    assert {round(s) for s in steps.tolist()} == {-1, 1}  # some are mirrored in Z
