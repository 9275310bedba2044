"""How much of a run is done, and when it ends early."""

import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.events import Note, Step, Validated
from napari_fcnseg.training.budget import Budget
from napari_fcnseg.training.validate import Scores, Validator

RECIPE = fs.Recipe(
    net_options={"depth": 2, "width": 4},
    patch=32,
    batch=2,
    steps=40,
    patience=0.2,
    average=0.5,
    pseudo=0.0,
)
RISES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
FLAT = [0.1, 0.5, 0.4, 0.6, 0.5, 0.6, 0.3, 0.3, 0.3, 0.3]  # the last record is the 4th


def run(scores, patience, steps=100):
    """Progress at each step, and the steps in which it was decided to end early."""
    budget, scores = Budget(fs.Recipe(steps=steps, patience=patience)), iter(scores)
    progress, decided = [], []
    while budget.progress < 1:
        budget.spend(len(progress) + 1, 0.0)
        progress.append(budget.progress)
        if budget.validate() and budget.ends_early(next(scores)):
            decided.append(len(progress))
    return progress, decided


@pytest.mark.parametrize(
    ("scores", "patience", "end"),
    [
        (RISES, 0.1, None),
        (FLAT, 0.0, None),
        (FLAT, 0.2, 60),  # an equal score is no better one
        (FLAT, 0.3, 70),
        (FLAT, 0.25, 70),
        (FLAT, 0.1, 50),
        ([0.9] + [0.1] * 9, 0.1, 50),  # not before half of the budget is spent
        (FLAT, 0.6, None),  # nothing would be won
        (FLAT, 1.0, None),
    ],
)
def test_it_ends_when_scores_have_not_risen_for_the_patience(scores, patience, end):
    progress, decided = run(scores, patience)
    assert decided == ([end] if end else [])
    assert len(progress) == pytest.approx(end + 10 if end else 100, abs=1)


def test_the_schedule_is_done_to_its_end_without_a_leap():
    progress, _ = run(FLAT, 0.2)
    assert progress[:60] == pytest.approx([i / 100 for i in range(1, 61)])
    assert progress[60:70] == pytest.approx([0.6 + 0.04 * i for i in range(1, 11)])


def test_minutes_are_cut_as_steps_are():
    budget = Budget(fs.Recipe(minutes=1.0, patience=0.1))
    budget.spend(1, 36.0)
    assert budget.validate()
    assert not budget.ends_early(0.5)
    budget.spend(2, 42.0)
    assert budget.validate()
    assert budget.ends_early(0.4)
    budget.spend(3, 45.0)
    assert budget.progress == pytest.approx(0.85)
    budget.spend(4, 48.1)
    assert budget.progress == 1


@pytest.fixture
def scores(monkeypatch):
    """Let runs score as told, as often as they are started."""

    def tell(values):
        left = iter(values)

        def score(self, net, shares=None):
            net.eval()
            return Scores(dict.fromkeys("abc", next(left)), dict.fromkeys("abc", 10**6))

        monkeypatch.setattr(Validator, "score", score)
        monkeypatch.setattr(Validator, "scored", ["a", "b", "c"])

    return tell


def test_a_run_ends_early_and_tells_it(painted, scores):
    image, _, strokes = painted
    scores(FLAT)
    events = list(fs.train(image, strokes, RECIPE, axes="ZYX"))
    steps = [e for e in events if isinstance(e, Step)]
    assert len(steps) == pytest.approx(28, abs=1)  # 60 % and 10 % of 40
    assert steps[-1].progress == 1
    assert steps[-1].rate < 0.05 * RECIPE.rate < 0.2 * RECIPE.rate < steps[23].rate
    (note,) = [e.text for e in events if isinstance(e, Note)]
    assert note.startswith("no better score on held-out labels for 20% of the budget")
    assert events[-1].early
    assert sum(isinstance(e, Validated) for e in events) >= 7
    scores(RISES)
    last = fs.train(image, strokes, RECIPE, axes="ZYX").wait()
    assert (last.steps, last.early) == (40, False)


@pytest.mark.parametrize("step", [10, 24, 26])  # before, at and after the decision
def test_stopped_and_continued_it_is_the_same_bit_for_bit(painted, scores, stopped, step):
    image, _, strokes = painted
    scores(FLAT)
    whole = fs.train(image, strokes, RECIPE, axes="ZYX").wait()
    scores(FLAT)
    last = stopped(RECIPE, step)().wait()
    assert (last.steps, last.early) == (whole.steps, True)
    mine, theirs = (trained.model.net.state_dict() for trained in (whole, last))
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_without_scores_of_all_classes_patience_does_nothing(painted):
    image, _, strokes = painted
    recipe = fs.Recipe.from_dict(RECIPE.to_dict() | {"validation": 0.0, "steps": 8})
    started, *_, last = fs.train(image, strokes, recipe, axes="ZYX")
    assert "without scores of all classes, patience does nothing" in started.notes
    assert (last.steps, last.early) == (8, False)
