"""The spare copy of a model that a training leaves if its process is killed."""

import errno
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import ModelError, OutputError
from napari_fcnseg.images import whole
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.spare import load_spare, save_spare
from napari_fcnseg.training.recipe import Recipe


def test_it_is_the_same_model(tmp_path, grey):
    sample = np.random.default_rng(0).random((1, 64, 64), np.float32)
    model = replace(
        make_model(), name="größe", sample=sample, recipe=Recipe(), provenance={"steps": 7}
    )
    save_spare(model, tmp_path / "m.pt")
    found = load_spare(tmp_path / "m.pt")
    assert fingerprint(found) == fingerprint(model)
    for name in ("name", "classes", "normalisation", "recipe", "provenance", "pixel_size"):
        assert getattr(found, name) == getattr(model, name), name
    assert np.array_equal(found.sample, sample)
    assert np.array_equal(fs.segment(found, grey, axes="ZYX"), fs.segment(model, grey, axes="ZYX"))
    again = fs.load_model(found.save(tmp_path / "m.zip"), check=True)
    assert fingerprint(again) == fingerprint(model)


def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch):
    path = tmp_path / "m.pt"
    save_spare(make_model(1), path)

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole, "sync", full)
    with pytest.raises(OutputError, match="No space left on device; make room"):
        save_spare(make_model(2), path)
    assert fingerprint(load_spare(path)) == fingerprint(make_model(1))
    assert [p.name for p in tmp_path.iterdir()] == ["m.pt"]


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:500], lambda b: b"no model"])
def test_what_is_damaged_is_said(tmp_path, damage):
    path = tmp_path / "m.pt"
    save_spare(make_model(), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=r"m\.pt, which an interrupted training left"):
        load_spare(path)
