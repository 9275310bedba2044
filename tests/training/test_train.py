import dataclasses
import itertools

import numpy as np
import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg.errors import AnnotationError, DeviceError, ImageError, NetError, RecipeError
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.events import Step, Trained, TrainingStarted, Validated
from napari_fcnseg.images.synthetic import CLASSES

SMALL = {"depth": 3, "width": 8, "padding": "same", "norm": "batch"}
QUICK = fs.Recipe(net_options=SMALL, patch=64, batch=4, steps=6)


def weights(model):
    return torch.cat([p.flatten() for p in model.net.state_dict().values()])


def test_events_in_order(painted):
    image, _, strokes = painted
    events = list(fs.train(image, strokes, QUICK, axes="ZYX", classes=CLASSES, name="mine"))
    assert isinstance(events[0], TrainingStarted)
    assert events[0].pixels == {
        name: int((strokes == i).sum()) for i, name in CLASSES.items() if (strokes == i).any()
    }
    assert isinstance(events[-1], Trained)
    steps = [e for e in events if isinstance(e, Step)]
    assert [e.step for e in steps] == list(range(1, 7))
    assert [e.progress for e in steps] == pytest.approx([i / 6 for i in range(1, 7)])
    scores = [e for e in events if isinstance(e, Validated)]
    assert scores[-1].step == 6
    assert set(scores[0].iou) <= set(CLASSES.values())
    assert all(scores[0].pixels[name] >= 50 for name in scores[0].iou)
    model = events[-1].model
    assert (model.name, model.recipe) == ("mine", QUICK)
    assert [c.name for c in model.classes] == ["membrane", "cytoplasm", "mitochondrion"]
    assert model.provenance["labelled_pixels"]["membrane"] == (strokes == 1).sum()


def test_the_same_seed_gives_the_same_weights(painted):
    image, _, strokes = painted
    first, again = (fs.fit(image, strokes, QUICK, axes="ZYX") for _ in range(2))
    assert torch.equal(weights(first), weights(again))
    other = fs.fit(image, strokes, fs.Recipe.from_dict(QUICK.to_dict() | {"seed": 1}), axes="ZYX")
    assert not torch.equal(weights(first), weights(other))


def test_training_leaves_the_global_random_state_alone(painted):
    image, _, strokes = painted
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    fs.fit(image, strokes, QUICK, axes="ZYX")
    assert torch.equal(torch.rand(3), expected)


def test_it_learns_from_few_strokes(painted):
    image, truth, strokes = painted
    recipe = fs.Recipe(net_options=SMALL, patch=64, batch=6, steps=120)
    model = fs.fit(image, strokes, recipe, axes="ZYX", classes=CLASSES)
    found = fs.segment(model, image, axes="ZYX")
    unpainted = np.s_[[0, 2, 3, 5]]
    scores = iou(
        confusion_matrix(truth[unpainted].astype(int) - 1, found[unpainted].astype(int) - 1, 3)
    )
    assert scores[0] > 0.5
    assert scores[1] > 0.75


@pytest.mark.parametrize(
    "options", [{"depth": 3, "width": 4}, {"depth": 2, "width": 4, "up": "bilinear"}]
)
def test_valid_networks_train_on_the_pixels_they_return(painted, options):
    image, _, strokes = painted
    recipe = fs.Recipe(net_options=options, patch=64, batch=2, steps=3)
    losses = [e.loss for e in fs.train(image, strokes, recipe, axes="ZYX") if isinstance(e, Step)]
    assert np.isfinite(losses).all()


def test_closing_keeps_the_best_model_so_far(painted):
    image, _, strokes = painted
    recipe = fs.Recipe(net_options=SMALL, patch=64, batch=2, steps=100_000)
    job = fs.train(image, strokes, recipe, axes="ZYX")
    *_, last = itertools.islice((e for e in job if isinstance(e, Step)), 3)
    job.close()
    with pytest.raises(StopIteration):
        next(job)
    assert fs.segment(last.best(), image[0]).shape == image[0].shape


def test_the_budget_in_minutes_is_kept(painted):
    image, _, strokes = painted
    recipe = fs.Recipe(net_options=SMALL, patch=64, batch=2, minutes=0.05)
    steps = [e for e in fs.train(image, strokes, recipe, axes="ZYX") if isinstance(e, Step)]
    for before, step in itertools.pairwise(steps):  # seconds that were spent, over three
        assert before.progress < 1
        assert min(1, before.elapsed / 3) <= step.progress <= step.elapsed / 3
    assert steps[-1].progress == 1


@pytest.mark.parametrize(
    ("pixels", "best", "step"),
    [
        (10**6, [True, True, False, False, False, False], 2),
        (3000, [True, True, True, False, False, False], 3),  # 0.89 is as good as 0.9, and later
    ],
)
def test_the_best_weights_are_kept_not_the_last(painted, monkeypatch, pixels, best, step):
    from napari_fcnseg.training.validate import Scores, Validator

    values = iter([0.3, 0.9, 0.89, 0.5, 0.2, 0.1])

    def score(self, net, shares=None):
        return Scores(dict.fromkeys("abc", next(values)), dict.fromkeys("abc", pixels))

    monkeypatch.setattr(Validator, "score", score)
    monkeypatch.setattr(Validator, "scored", ["a", "b", "c"])
    image, _, strokes = painted
    recipe = dataclasses.replace(QUICK, shares="painted")  # each estimate starts a new record
    events = list(fs.train(image, strokes, recipe, axes="ZYX"))
    assert [e.best for e in events if isinstance(e, Validated)] == best
    assert events[-1].model.provenance["weights_of_step"] == step


def test_a_class_that_vanishes_is_told(painted):
    from napari_fcnseg.training.prepare import prepare
    from napari_fcnseg.training.trainer import Trainer

    image, _, strokes = painted
    names = {1: "membrane", 2: "cell"}
    data = prepare(image, np.where(strokes > 1, 2, strokes), axes="ZYX", classes=names)
    trainer = Trainer(data, QUICK, "cpu", "m")
    with torch.no_grad():
        trainer.net.head.bias[1] = 1000.0
    scores = trainer.validator.score(trainer.net)
    assert scores.vanished == ("membrane",)
    assert scores.iou["membrane"] == 0


def test_a_model_keeps_what_it_was_when_training_goes_on(painted):
    image, _, strokes = painted
    job = fs.train(image, strokes, QUICK, axes="ZYX")
    step = next(e for e in job if isinstance(e, Step))
    early = step.model()
    before = weights(early).clone()
    job.wait()
    assert torch.equal(weights(early), before)


def test_dense_truth_and_several_images(painted):
    image, truth, _ = painted
    only_mito = np.where(truth == 3, 3, 0).astype(np.uint8)
    model = fs.fit(
        [image[0], image[2]], [only_mito[0], only_mito[2]], QUICK, unpainted="background"
    )
    assert [(c.id, c.name) for c in model.classes] == [(0, "background"), (3, "class 3")]
    assert set(np.unique(fs.segment(model, image[1]))) <= {0, 3}


def test_colour_images(painted):
    image, _, strokes = painted
    colour = np.stack([image[1], image[1][::-1], 255 - image[1]], axis=-1)
    model = fs.fit(colour, strokes[1], QUICK, axes="YXC")
    assert model.net.in_channels == 3
    assert fs.segment(model, colour, axes="YXC").shape == image[1].shape


def test_too_few_strokes_are_told(painted):
    image, truth, _ = painted
    strokes = np.zeros_like(truth)
    strokes[1, 20:40, 20:40] = truth[1, 20:40, 20:40]
    started = next(fs.train(image, strokes, QUICK, axes="ZYX"))
    assert any("too few strokes" in note for note in started.notes)


def test_classes_without_labels_are_left_out_and_told(painted):
    image, _, strokes = painted
    started = next(fs.train(image, strokes, QUICK, axes="ZYX", classes=CLASSES | {9: "nucleus"}))
    assert "the class 'nucleus' has no labels and is left out" in started.notes


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"annotations": []}, AnnotationError, "1 images and 0 annotations"),
        ({"strokes": 1}, AnnotationError, "only the class 'class 1' .id 1. is painted"),
        ({"recipe": fs.Recipe(net="vnet")}, NetError, "unknown network 'vnet'"),
        ({"recipe": fs.Recipe(net_options={"deep": 3})}, NetError, "no option 'deep'"),
        ({"device": "tpu"}, DeviceError, "unknown device 'tpu'"),
        ({"device": "cuda:99"}, DeviceError, "'cuda:99' is not there; this machine has: cpu"),
        ({"images": np.zeros((6, 160, 176))}, ImageError, "nothing to learn from"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(painted, change, error, said):
    image, _, strokes = painted
    if change.get("strokes"):
        strokes = (strokes > 0).astype(np.uint8)
    options = {"recipe": QUICK, "device": "cpu"} | {
        k: v for k, v in change.items() if k in ("recipe", "device")
    }
    with pytest.raises(error, match=said):
        fs.train(
            change.get("images", image), change.get("annotations", strokes), axes="ZYX", **options
        )


def test_images_of_different_kinds(painted):
    image, _, strokes = painted
    colour = np.stack([image[0]] * 3)
    with pytest.raises(ImageError, match="different numbers of channels"):
        fs.train([fs.Image(image[0], "YX"), fs.Image(colour, "CYX")], [strokes[1]] * 2, QUICK)


def test_many_classes_may_be_objects(painted):
    image, _, _ = painted
    labels = np.zeros(image.shape, np.uint8)
    for i in range(13):
        labels[1, 10 * i : 10 * i + 8, :40] = i + 1
    started = next(fs.train(image, labels, QUICK, axes="ZYX"))
    assert any("13 classes. If each object has its own id" in note for note in started.notes)


def test_a_batch_too_small_for_the_network_is_told(painted):
    image, _, strokes = painted
    recipe = fs.Recipe(net="deeplabv3_mobilenet_v3_large", net_options={}, batch=1, steps=1)
    with pytest.raises(RecipeError, match="needs at least 2 patches"):
        fs.train(image, strokes, recipe, axes="ZYX")
