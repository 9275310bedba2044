"""Views of a tile, and models that vote."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import CLASSES, make_model
from tests.inference.test_predict import CASES, CLOSE, make_case

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError, PlanError
from napari_fcnseg.inference.views import views


def test_views_are_different_and_can_be_undone():
    x = torch.arange(2 * 3 * 4).reshape(1, 2, 3, 4)
    for name, count in (("none", 1), ("flips", 4), ("all", 8)):
        seen = [view.look(x) for view in views(name)]
        assert len({(tuple(s.shape), tuple(s.flatten().tolist())) for s in seen}) == count
        for view, s in zip(views(name), seen, strict=True):
            assert torch.equal(view.undo(s), x)
            window = (slice(1, 3), slice(0, 3))
            here = s[(..., *view.window(window, (3, 4)))]
            assert torch.equal(view.undo(here), x[(..., *window)])


def test_an_unknown_augmentation_is_refused(model, grey):
    with pytest.raises(PlanError, match="'twice': choose one of none, flips, all"):
        fs.segment(model, grey, axes="ZYX", augment="twice")


@settings(max_examples=15)
@given(**CASES, augment=st.sampled_from(["flips", "all"]))
def test_augmented_tiles_are_the_augmented_whole(augment, **case):
    model, image, tile = make_case(**case)
    options = {"output": "probabilities", "axes": "CYX", "augment": augment}
    whole = fs.segment(model, image, tile=4096, **options)
    tiled = fs.segment(model, image, tile=tile + 32, **options)
    assert np.abs(tiled - whole).max() <= CLOSE


def test_the_mean_of_views_is_taken(grey):
    """On a mirror image, the mirrored result."""
    model = make_model(padding="valid", depth=2)
    options = {"output": "probabilities", "augment": "all", "axes": "YX"}
    image = grey[0, :64, :64]
    found = fs.segment(model, image, **options)
    plain = fs.segment(model, image, output="probabilities", axes="YX")
    assert np.abs(found - plain).max() > 1e-3
    turned = fs.segment(model, np.ascontiguousarray(image.T), **options)
    assert np.allclose(found.sum(0), 1, atol=1e-5)
    assert np.abs(turned.transpose(0, 2, 1) - found).mean() < np.abs(plain - found).mean()


def test_models_vote_with_their_probabilities(grey):
    models = [make_model(1), make_model(2, depth=2), make_model(3, padding="valid")]
    options = {"axes": "ZYX", "tile": 200}
    each = [fs.segment(m, grey, "probabilities", **options) for m in models]
    found = fs.segment(models, grey, "probabilities", **options)
    assert np.abs(found - np.mean(each, 0)).max() <= CLOSE
    labels = fs.segment(models, grey, **options)
    clear = np.abs(found[0] - found[1]) > CLOSE
    ids = np.array([c.id for c in CLASSES])
    assert (labels == ids[found.argmax(0)])[clear].all()


def test_models_with_other_classes_do_not_vote(model, grey):
    other = replace(model, classes=(fs.SegClass(1, "a", "#e69f00"), CLASSES[1]))
    with pytest.raises(ModelError, match=r"need the same classes.*1=membrane, 7=cell; .*1=a"):
        fs.segment([model, other], grey, axes="ZYX")
    with pytest.raises(ModelError, match="there is no model"):
        fs.segment([], grey, axes="ZYX")
