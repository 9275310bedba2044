from types import SimpleNamespace

import pytest
import torch

from napari_fcnseg.gui import versions as module
from napari_fcnseg.gui.versions import Version, Versions


def model(megabytes=1):
    weights = {"w": torch.empty(megabytes * 2**18, device="meta")}
    return SimpleNamespace(net=SimpleNamespace(state_dict=lambda: weights))


def version(step, iou=None, best=False, **known):
    scores = {} if iou is None else {"iou": {"a": iou}, "mean_iou": iou, "best": best}
    return Version(step, float(step), known.pop("model", model()), **scores, **known)


@pytest.fixture
def versions():
    versions = Versions()
    versions.begin()
    return versions


def steps(versions):
    return [v.step for v in versions]


def test_a_version_that_is_scored_later_is_one_version(versions):
    versions.add(version(10))
    versions.add(version(10, 0.5, best=True))
    assert [(v.step, v.mean_iou) for v in versions] == [(10, 0.5)]
    versions.add(version(10, kept=True))  # and a person keeps it
    (one,) = versions
    assert (one.mean_iou, one.best, one.kept) == (0.5, True, True)


def test_the_first_the_last_the_best_and_the_kept_stay(versions):
    for step in range(1, 40):
        versions.add(version(step, 0.5, best=step == 5, kept=step in (8, 9)))
    assert len(versions) == module.MOST
    assert {1, 5, 8, 9, 39} <= set(steps(versions))
    assert steps(versions) == sorted(steps(versions))
    gaps = [b - a for a, b in zip(steps(versions)[4:], steps(versions)[5:], strict=False)]
    assert max(gaps) <= 8  # spread over the training


def test_what_a_person_keeps_is_never_left_out(versions):
    for step in range(20):
        versions.add(version(step, kept=True))
    assert len(versions) == 20


def test_large_networks_have_fewer_versions(versions):
    for step in range(20):
        versions.add(version(step, model=model(megabytes=600)))
    assert len(versions) == module.LEAST


def test_of_an_earlier_training_the_best_and_the_kept_stay(versions):
    for step in (1, 2, 3, 4):
        versions.add(version(step, 0.5, best=step < 4, kept=step == 1))
    versions.begin()
    versions.add(version(1, 0.6, best=True))
    assert [(v.run, v.step) for v in versions] == [(1, 1), (1, 3), (2, 1)]
    assert [v.name for v in versions] == ["step 1", "step 3", "run 2, step 1"]
    assert [v.run for v in versions.best] == [1, 2]
