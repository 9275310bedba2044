"""Entropy and disagreement, written as any other output."""

import dask.array as da
import numpy as np
import pytest
import torch
from tests.conftest import make_model
from tests.inference.test_predict import CLOSE, THREE

import napari_fcnseg as fs
from napari_fcnseg.errors import OutputError
from napari_fcnseg.inference.encode import encode, opinion


def entropy(shares):
    """From the definition, in units of the logarithm of the number of classes."""
    shares = shares.astype(np.float64)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return -(shares * logs).sum(0) / np.log(len(shares))


def eight_views(model, plane):
    """Probabilities of a plane, turned and mirrored, shape ``(8, classes, Y, X)``."""
    for mirrored in (False, True):
        for turns in range(4):
            seen = np.rot90(plane[:, ::-1] if mirrored else plane, turns)
            found = fs.segment(model, np.ascontiguousarray(seen), "probabilities")
            found = np.rot90(found, -turns, (1, 2))
            yield found[..., ::-1] if mirrored else found


@pytest.fixture(scope="module")
def plane():
    return np.random.default_rng(0).integers(0, 256, (140, 150), dtype=np.uint8)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [((1, 0, 0), 0), ((1 / 3, 1 / 3, 1 / 3), 1), ((0.5, 0.5, 0), np.log(2) / np.log(3))],
)
def test_entropy_of_three_classes(shares, expected):
    scores = torch.tensor(shares).reshape(3, 1, 1)
    assert encode(scores, "entropy", THREE, logits=False).item() == pytest.approx(expected)


def test_disagreement_is_none_where_opinions_agree_and_all_where_each_is_sure():
    logits = torch.tensor([[200.0, 0, 0], [0, 200, 0], [0, 0, 200]]).reshape(3, 3, 1, 1)
    sure = [opinion(each) for each in logits]
    for opinions, expected in ((sure, 1), (sure[:1], 0), ([opinion(torch.zeros(3, 1, 1))] * 2, 0)):
        mean = torch.stack(opinions).mean(0)
        found = encode(mean, "disagreement", THREE, logits=False)
        assert found.item() == pytest.approx(expected, abs=1e-6)


def test_entropy_is_that_of_the_untiled_probabilities(plane):
    model = make_model(classes=THREE)
    expected = entropy(fs.segment(model, plane, "probabilities", tile=4096))
    for tile in (70, 100, 4096):
        found = fs.segment(model, plane, "entropy", tile=tile)
        assert (found.dtype, found.shape) == (np.float32, plane.shape)
        assert np.abs(found - expected).max() <= CLOSE
    lazy = fs.segment_lazy(model, da.from_array(plane), "entropy", tile=100)
    assert np.abs(lazy.compute() - expected).max() <= CLOSE


def test_disagreement_is_the_mutual_information_of_class_and_view(plane):
    model = make_model(padding="valid", depth=2, classes=THREE)
    views = np.stack(list(eight_views(model, plane)))
    expected = entropy(views.mean(0)) - np.mean([entropy(view) for view in views], axis=0)
    assert expected.max() > 0.05
    for tile in (60, 4096):
        found = fs.segment(model, plane, "disagreement", tile=tile, augment="all")
        assert np.abs(found - expected).max() <= CLOSE


def test_models_disagree(plane):
    models = [make_model(1, depth=2), make_model(2, depth=2)]
    each = [fs.segment(m, plane, "probabilities") for m in models]
    expected = entropy(np.mean(each, axis=0)) - np.mean([entropy(p) for p in each], axis=0)
    out = {kind: np.zeros(plane.shape, t) for kind, t in (("disagreement", "f4"), ("labels", "u1"))}
    fs.predict(models, plane, out, axes="YX", tile=100).wait()
    assert np.abs(out["disagreement"] - expected).max() <= CLOSE
    assert np.array_equal(out["labels"], fs.segment(models, plane, tile=100))


def test_one_opinion_does_not_disagree(model, plane):
    for run in (
        lambda: fs.segment(model, plane, "disagreement"),
        lambda: fs.estimate(model, plane, axes="YX", output="disagreement"),
        lambda: fs.segment_lazy(model, da.from_array(plane), "disagreement"),
    ):
        with pytest.raises(OutputError, match="augment='all'.*more models.*or take the entropy"):
            run()


def test_entropy_in_a_file(model, plane, tmp_path):
    fs.predict(model, plane, tmp_path / "e.ome.zarr", axes="YX", output="entropy").wait()
    image = fs.open_image(tmp_path / "e.ome.zarr")
    assert (image.axes, image.dtype) == ("YX", np.float32)
    assert np.array_equal(image.read({})[0], fs.segment(model, plane, "entropy"))
