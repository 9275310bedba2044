"""Held-out labels are scored first, and then they train."""

from dataclasses import replace

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.events import Note, Step, Validated
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.training.patches import PatchSampler

RECIPE = fs.Recipe(
    net_options={"depth": 2, "width": 4, "padding": "same", "norm": "batch"},
    patch=32, batch=4, steps=20, rate=1e-2, validation=0.2, gap=4, refit=0.2, pseudo=0.0,
)  # fmt: skip


@pytest.fixture
def held_out(monkeypatch):
    """Blocks that were held out of each batch."""
    seen = []
    draw = PatchSampler.draw

    def spy(self, *arguments):
        seen.append([s.split.blocks for s in self.sources])
        return draw(self, *arguments)

    monkeypatch.setattr(PatchSampler, "draw", spy)
    return seen


def test_after_the_last_score_all_labels_train(painted, held_out):
    image, _, strokes = painted
    events = list(fs.train(image, strokes, RECIPE, axes="ZYX"))
    notes = [e.text for e in events if isinstance(e, Note)]
    assert notes == ["these are the scores to tell; from here on the held-out labels train, too"]
    scored = [e for e in events if isinstance(e, Validated)]
    assert scored[-1].step == 16
    assert held_out[0][0]
    assert not held_out[-1][0]
    known = events[-1].model.provenance
    assert (known["weights_of_step"], known["validated_at_step"]) == (20, 16)
    assert known["validation"] == {k: round(v, 4) for k, v in scored[-1].iou.items()}


@pytest.mark.parametrize("changes", [{"refit": 0.0}, {"validation": 0.0}])
def test_without_it_the_rate_falls_once(painted, changes):
    image, _, strokes = painted
    events = list(fs.train(image, strokes, replace(RECIPE, **changes), axes="ZYX"))
    rates = [e.rate for e in events if isinstance(e, Step)]
    assert np.all(np.diff(rates[2:]) <= 0)
    known = events[-1].model.provenance
    assert known["validated_at_step"] == (known["weights_of_step"] if known["validation"] else None)


def test_it_goes_on_bit_for_bit_on_both_sides(painted, tmp_path, stopped):
    image, _, strokes = painted
    whole = fs.fit(image, strokes, RECIPE, axes="ZYX")
    for step in (15, 18):
        again = stopped(RECIPE, step, checkpoint=tmp_path / f"{step}")().wait().model
        assert fingerprint(again) == fingerprint(whole)
        assert again.provenance["validation"] == whole.provenance["validation"]
