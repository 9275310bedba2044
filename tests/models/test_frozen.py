"""Packages of every released format go on loading, as what they were."""

from pathlib import Path

import pytest

import napari_fcnseg as fs
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.models.stored import FORMAT

FROZEN = Path(__file__).parent / "frozen"


def test_none_is_missing():
    """A new format leaves a package of it here: save one, and never change it."""
    assert {p.name for p in FROZEN.iterdir()} == {f"format-{n}.zip" for n in range(1, FORMAT + 1)}


def test_format_1(tmp_path):
    model = fs.load_model(FROZEN / "format-1.zip", check=True)
    assert fingerprint(model) == "019e12670ae9b159"
    assert model.name == "frozen in format 1"
    assert [(c.id, c.name, c.color) for c in model.classes] == [
        (1, "membrane", "#e69f00"),
        (7, "cell", "#56b4e9"),
    ]
    assert model.normalisation == Normalisation("percentile", (100.0, 90.0), (40.0, 1e-6))
    assert model.recipe == fs.Recipe(steps=7, rotate="any", seed=3, shares="painted")
    assert model.pixel_size == PixelSize(4.0, 4.5, "nanometer")
    assert model.provenance["validation"] == {"cell": 0.5}
    assert model.sample.shape == (2, 72, 72)
    again = fs.load_model(model.save(tmp_path / "m.zip"), check=True)
    assert fingerprint(again) == fingerprint(model)
    assert again.sample == pytest.approx(model.sample)
