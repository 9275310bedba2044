"""Training that goes on from a model, and FCNs stage by stage."""

import dataclasses

import numpy as np
import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.nets.fcn import refine_fcn

OPTIONS = {"depth": 2, "width": 4, "padding": "same", "norm": "batch"}
TINY = fs.Recipe(
    net_options=OPTIONS, patch=32, batch=2, steps=3, rate=1e-6, fine_rate=1e-6, validation=0,
    shares="painted",  # what is estimated is shifted, see test_class_shares.py
)  # fmt: skip


@pytest.fixture(scope="module")
def first(painted):
    image, _, strokes = painted
    return fs.fit(image, strokes, TINY, axes="ZYX", name="first")


def test_it_goes_on_where_the_other_ended(first, painted):
    image, _, strokes = painted
    model = fs.fit(image[:, :100], strokes[:, :100], TINY, axes="ZYX", start=first)
    assert model.normalisation == first.normalisation
    assert model.provenance["started_from"] == f"first {fingerprint(first)}"
    theirs = first.net.state_dict()
    for name, value in model.net.named_parameters():
        assert torch.allclose(value, theirs[name], atol=1e-4)
    assert not torch.allclose(
        model.net.head.weight,
        fs.fit(image, strokes, dataclasses.replace(TINY, seed=1), axes="ZYX").net.head.weight,
        atol=1e-2,
    )


def test_a_file_to_start_from_and_its_own_normalisation(first, painted, tmp_path):
    image, _, strokes = painted
    path = first.save(tmp_path / "m.zip")
    other = dataclasses.replace(TINY, normalisation="mean_std")
    model = fs.fit(image, strokes, other, axes="ZYX", start=path)
    assert model.normalisation == first.normalisation
    assert model.recipe.normalisation == "percentile"  # the recipe says what was done


def test_only_scores_are_trained_in_stages():
    coarse, fine = (fs.build_net(n, width=4, fuse="features") for n in ("fcn32s", "fcn16s"))
    with pytest.raises(fs.FcnsegError, match='two FCNs with fuse = "scores"'):
        refine_fcn(coarse, fine)


def test_fcns_stage_by_stage(painted):
    image, _, strokes = painted
    model = None
    for net in ("fcn32s", "fcn16s", "fcn8s"):
        recipe = fs.Recipe(
            net=net, net_options={"width": 4, "backbone": "vgg16_bn"}, patch=64, batch=2, steps=4
        )
        before, model = model, fs.fit(image, strokes, recipe, axes="ZYX", start=model)
        if before is not None:
            assert model.provenance["started_from"] == f"model {fingerprint(before)}"
            assert torch.allclose(
                model.net.fc7[0].weight, before.net.fc7[0].weight, atol=0.1
            )  # fmt: skip
    assert model.net.finest == 8


def test_what_does_not_fit_is_said(first, painted):
    image, _, strokes = painted

    def start(recipe=TINY, image=image, strokes=strokes, axes="ZYX"):
        fs.train(image, strokes, recipe, axes=axes, start=first)

    with pytest.raises(ModelError, match="first is unet_light .*depth = 2.*asks for .*depth = 3"):
        start(dataclasses.replace(TINY, net_options=OPTIONS | {"depth": 3}))
    named = fs.fit(image, strokes, TINY, axes="ZYX", classes={1: "a", 2: "b", 3: "c"})
    turned = {"classes": {1: "b", 2: "a", 3: "c"}, "start": named}
    with pytest.raises(ModelError, match="knows the classes 1 a, .* painted"):
        fs.train(image, strokes, TINY, axes="ZYX", **turned)
    with pytest.raises(ModelError, match="trained on 1 channels, the images have 2"):
        start(image=np.stack([image, image], 1), axes="ZCYX")
