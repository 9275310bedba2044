"""A training once more, from what its model remembers."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from tests.training.test_start import TINY

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.training.curve import KEPT, Curve
from napari_fcnseg.training.repeat import doubts

FAST = replace(TINY, rate=1e-2, fine_rate=1e-2, validation=0.1)


@pytest.fixture
def files(painted, tmp_path):
    image, _, strokes = painted
    for name, array in (("image", image), ("strokes", strokes)):
        tifffile.imwrite(tmp_path / f"{name}.tif", array, metadata={"axes": "ZYX"})
    return tmp_path / "image.tif", tmp_path / "strokes.tif"


def test_the_same_files_and_seed_give_the_same_bytes(files, tmp_path, monkeypatch):
    names = {1: "membrane", 2: "cell", 3: "other"}
    model = fs.fit(*files, FAST, classes=names, name="m")
    model.save(tmp_path / "m.zip")
    monkeypatch.chdir(tmp_path.parent)  # found from anywhere
    again = fs.repeat(tmp_path / "m.zip").wait().model
    assert fingerprint(again) == fingerprint(model)
    assert again.classes == model.classes
    assert again.provenance["curve"] == model.provenance["curve"]
    assert doubts(model) == []


def test_what_it_was_started_from_and_what_was_replayed_is_needed(files):
    first = fs.fit(*files, FAST, name="first")
    second = fs.fit(*files, FAST, start=first, replay=[files], name="second")
    with pytest.raises(ModelError, match=r"second was started from the model first .*--start"):
        fs.repeat(second)
    with pytest.raises(ModelError, match="the model that it started from changed since"):
        fs.repeat(second, start=second)
    again = fs.repeat(second, start=first).wait().model
    assert fingerprint(again) == fingerprint(second)
    assert len(again.provenance["images"]) == 2


def test_another_image_or_stroke_is_refused(files, painted):
    model = fs.fit(*files, FAST)
    changed = painted[2].copy()
    changed[1, 80:90, 80:90] = 1
    tifffile.imwrite(files[1], changed, metadata={"axes": "ZYX"})
    with pytest.raises(ModelError, match="the labels changed since"):
        fs.repeat(model)
    tifffile.imwrite(files[0], 255 - painted[0], metadata={"axes": "ZYX"})
    with pytest.raises(ModelError, match="the image changed since"):
        fs.repeat(model)


def test_a_model_of_arrays_cannot_be_repeated(painted):
    model = fs.fit(painted[0], painted[2], TINY, axes="ZYX")
    with pytest.raises(ModelError, match="does not know its recipe and files"):
        fs.repeat(model)


def test_doubts_are_told(files):
    model = fs.fit(*files, FAST)
    clock = replace(model, recipe=replace(FAST, steps=0, minutes=1.0))
    assert "by the clock; its 3 steps are repeated" in doubts(clock)[0]
    known = dict(model.provenance)
    known |= {"steps": 2, "device": "cuda:0", "repainted": 1, "versions": {"torch": "1.0"}}
    told = " ".join(doubts(replace(model, provenance=known)))
    for what in ("stopped after 2 of 3", "cuda:0", "strokes were added", "torch was 1.0"):
        assert what in told


def test_a_curve_keeps_means_and_its_length():
    curve, losses = Curve(), np.random.default_rng(0).random(5000)
    for step, loss in enumerate(losses, 1):
        curve.add_loss(step, float(loss))
    curve.add_scores(5000, {"a": 0.51239})
    found = curve.to_dict()
    assert found["iou"] == [[5000, {"a": 0.5124}]]
    assert KEPT / 2 <= len(found["loss"]) < KEPT
    steps = [0, *(int(s) for s, _ in found["loss"])]
    for (a, b), (_, mean) in zip(itertools.pairwise(steps), found["loss"], strict=True):
        assert mean == pytest.approx(losses[a:b].mean(), abs=1e-3)
