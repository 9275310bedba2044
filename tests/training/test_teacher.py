"""A pixel classifier labels first, then the network itself; strokes are always right."""

from dataclasses import replace

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.annotations.annotation import Annotation, open_annotation
from napari_fcnseg.annotations.index import LabelIndex
from napari_fcnseg.evaluation.scores import confusion_matrix, iou
from napari_fcnseg.events import Note, Step, Teaching
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source
from napari_fcnseg.training.pseudo_labels import PseudoLabels
from napari_fcnseg.training.split import Split
from napari_fcnseg.training.stroke_forest import DOUBTED, TRUSTED, Opinion, StrokeForest
from napari_fcnseg.training.teacher import ROUNDS, Teacher
from napari_fcnseg.training.tiles import painted_tiles, unpainted_tiles

RECIPE = fs.Recipe(
    net_options={"depth": 2, "width": 4, "padding": "same", "norm": "batch"},
    patch=32, batch=4, steps=20, rate=1e-2, validation=0.2, gap=4,
)  # fmt: skip
PLAIN = Normalisation("percentile", (0.0,), (1.0,))


@pytest.fixture
def rounds(monkeypatch):
    """The pseudo-labels of each round."""
    seen = []
    teach = PatchSampler.teach

    def spy(self, labels):
        seen.append(labels)
        teach(self, labels)

    monkeypatch.setattr(PatchSampler, "teach", spy)
    return seen


def sampler_of(image, strokes, held=None, pseudo=1.0):
    opened = Image(image, "YX")
    split = Split(held or {}, 32, 8)
    source = Source(opened, open_annotation(strokes, opened), split)
    return PatchSampler([source], [1, 2], PLAIN, pseudo=pseudo)


def test_a_forest_teaches_first_and_the_network_later(painted, rounds):
    image, truth, strokes = painted
    events = list(fs.train(image, strokes, RECIPE, axes="ZYX"))
    assert len(rounds) == len(ROUNDS)
    assert TRUSTED in [e.text for e in events if isinstance(e, Note)]
    everywhere = tuple((0, n) for n in truth.shape)
    found = rounds[0].read(0, everywhere)
    assert (found[[1, 4]] >= 0).mean() > 0.5
    others = (found[[0, 2, 3, 5]] >= 0).mean((1, 2))  # a slice without strokes, too: a tile
    assert sorted(others > 0.5) == [False] * 3 + [True]
    assert not others.min()
    sure = found >= 0
    assert (found + 1 == truth)[sure].mean() > 0.85
    assert not np.array_equal(rounds[1].read(0, everywhere), found)


def test_strokes_and_teacher_make_a_network_that_knows_edges(data):
    """Where it helps: membranes of real cells, which strokes say little of. One draw is chance."""
    stack = fs.open_image(data / "isbi2012" / "train-volume.tif", axes="ZYX").read({})[0]
    cells = fs.open_image(data / "isbi2012" / "train-labels.tif", axes="ZYX").read({})[0] > 0
    truth = cells[[0, 17], :256, :256] + 1
    image = stack[[0, 17], :256, :256]
    found = {0.0: [], 0.5: []}
    for seed in range(3):
        strokes = fs.simulate_strokes(truth, [0], share=0.02, seed=seed)
        for pseudo, scores in found.items():
            recipe = fs.Recipe(
                net_options={"depth": 3, "width": 8}, patch=64, steps=80, rate=1e-2,
                validation=0.0, pseudo=pseudo, seed=seed,
            )  # fmt: skip
            labels = fs.segment(fs.fit(image, strokes, recipe, axes="ZYX"), image, axes="ZYX")
            matrix = confusion_matrix(truth[1] - 1, labels[1].astype(int) - 1, 2)
            scores.append(iou(matrix).mean())
    assert np.mean(found[0.5]) > np.mean(found[0.0]) + 0.01
    assert min(found[0.5]) > 0.6


def test_what_is_painted_is_always_right_and_held_out_blocks_stay_empty():
    strokes = np.zeros((96, 96), np.uint8)
    strokes[10:12, 10:80], strokes[60:62, 40:90] = 1, 2
    sampler = sampler_of(np.zeros((96, 96), np.float32), strokes, held={(): [(64, 0)]})
    labels = PseudoLabels()
    wrong = np.stack([np.zeros((96, 96)), np.ones((96, 96))])  # all is of the second class
    labels.add(0, ((0, 96), (0, 96)), wrong, sure=0.7)
    sampler.teach(labels)
    whole = np.full((96, 96), 1)
    whole[strokes == 1] = 0
    whole[56:, :40] = -1  # the block and its gap
    _, targets, _ = sampler.draw(20, (192, 192), (1, 1), np.random.default_rng(0))
    for target in targets:
        at = np.argwhere(target >= 0).min(axis=0)
        assert np.array_equal(target[at[0] : at[0] + 96, at[1] : at[1] + 96], whole)


@pytest.mark.parametrize("slices", [2, 6])  # blocks are held out, or whole slices
def test_dense_labels_need_no_teacher(painted, rounds, slices):
    image, truth, _ = painted
    events = list(fs.train(image[:slices], truth[:slices], RECIPE, axes="ZYX"))
    assert not any(labels.positions for labels in rounds)
    assert not [e for e in events if isinstance(e, Note) and e.text == TRUSTED]


def test_a_short_run_has_no_time_for_a_teacher(painted, rounds):
    image, _, strokes = painted
    fs.fit(image, strokes, replace(RECIPE, steps=0, minutes=0.05), axes="ZYX")
    assert not rounds


def test_none_teaches_where_a_class_has_no_label_that_trains(rounds):
    """A forest that does not know a class would give its pixels to the others."""
    strokes = np.zeros((96, 96), np.uint8)
    strokes[10:12, 10:80], strokes[80:82, 8:24] = 1, 2
    sampler = sampler_of(np.zeros((96, 96), np.float32), strokes, held={(): [(64, 0)]})
    with pytest.raises(StopIteration) as end:
        next(Teacher(sampler, RECIPE, 2).follow(0.0, None))
    assert end.value.value == []  # nothing to tell
    assert not rounds[0].positions


def test_a_forest_that_is_wrong_elsewhere_does_not_teach(rounds):
    """Two classes of noise: it learns its strokes by heart, and knows nothing."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (2, 256, 256), dtype=np.uint8)
    strokes = np.zeros(image.shape, np.uint8)
    strokes[:, 10:250:20, 10:250], strokes[:, 20:250:20, 10:250] = 1, 2
    events = list(fs.train(image, strokes, RECIPE, axes="ZYX"))
    assert not any(labels.positions for labels in rounds)
    assert DOUBTED in [e.text for e in events if isinstance(e, Note)]


def test_tiles_come_from_all_classes_in_turn():
    strokes = np.zeros((1100, 1100), np.uint8)
    strokes[::40, :] = 1
    strokes[1050, 1050:] = 2
    sampler = sampler_of(np.zeros(strokes.shape, np.uint8), strokes)
    tiles = [window for _, window in painted_tiles(sampler, 0)]
    assert len(set(tiles)) == len(tiles) == 25
    assert ((1024, 1100), (1024, 1100)) in tiles[:2]
    assert tiles != [window for _, window in painted_tiles(sampler, 1)]


def test_a_forest_is_asked_again_when_labels_change(painted, monkeypatch):
    image, _, strokes = painted
    learned = []
    learn = StrokeForest._learn
    monkeypatch.setattr(StrokeForest, "_learn", lambda self: learned.append(self) or learn(self))
    changing = strokes.copy()
    job = fs.train(image, changing, RECIPE, axes="ZYX")
    for event in job:
        if isinstance(event, Step) and event.step == 9:
            changing[1, 40:44, 10:60] = 1
            job.repaint(planes=[(1,)])
    assert len(learned) == 2


def test_it_can_be_stopped_while_it_teaches(painted, tmp_path):
    """In the middle of a round nothing has changed yet: it begins anew."""
    image, _, strokes = painted
    whole = fs.fit(image, strokes, RECIPE, axes="ZYX")
    options = {"axes": "ZYX", "checkpoint": tmp_path / "c", "resume": True}
    for before in (0, 9):
        job, steps, parts = fs.train(image, strokes, RECIPE, **options), 0, []
        for event in job:
            steps = event.step if isinstance(event, Step) else steps
            if isinstance(event, Teaching) and steps >= before:
                parts.append(event.part)
                if len(parts) == 2:
                    job.close()
        assert steps == before
        assert 0 < parts[0] < parts[1] <= 1
    assert fingerprint(fs.fit(image, strokes, RECIPE, **options)) == fingerprint(whole)


def test_it_goes_on_bit_for_bit_between_rounds(painted, tmp_path, stopped):
    image, _, strokes = painted
    whole = fs.fit(image, strokes, RECIPE, axes="ZYX")
    for step in (3, 9, 14):
        last = stopped(RECIPE, step, checkpoint=tmp_path / f"{step}")().wait()
        assert fingerprint(last.model) == fingerprint(whole)


def corners(tiles):
    return sorted((number, *(start for start, _ in spans)) for number, spans in tiles)


def test_tiles_are_painted_or_not_and_each_comes_once():
    strokes = np.zeros((3, 600, 300), np.uint8)
    strokes[1, 10, 10:290], strokes[1, 20, :] = 1, 2
    image = Image(np.zeros(strokes.shape, np.uint8), "ZYX")
    source = Source(image, open_annotation(strokes, image), Split({}, 32, 8))
    sampler = PatchSampler([source], [1, 2], PLAIN)
    painted, others = list(painted_tiles(sampler, 0)), list(unpainted_tiles(sampler, 0))
    assert corners(painted) == [(0, 1, 0, 0), (0, 1, 0, 256)]
    assert len(others) == 3 * 3 * 2 - 2
    assert not set(corners(painted)) & set(corners(others))
    covered = np.zeros(strokes.shape, int)
    for _, spans in painted + others:
        covered[tuple(slice(*span) for span in spans)] += 1
    assert (covered == 1).all()
    assert corners(others) != [corners([tile])[0] for tile in others]  # in no order


def test_of_a_stack_with_millions_of_tiles_some_are_drawn():
    class Empty:
        shape, dtype = (100_000, 10_000, 10_000), np.dtype(np.uint8)

        def __getitem__(self, region):
            return np.zeros(
                [len(range(*s.indices(n))) for s, n in zip(region, self.shape, strict=True)], "u1"
            )

    image = Image(Empty(), "ZYX")
    index = LabelIndex({1: 1, 2: 1}, {i: np.array([[i, 5, 5]]) for i in (1, 2)})
    by_value = {i: fs.SegClass(i, "", "#000000") for i in (1, 2)}
    source = Source(image, Annotation(image, by_value, index), Split({}, 32, 8))
    tiles = unpainted_tiles(PatchSampler([source], [1, 2], PLAIN), 0)
    drawn = [next(tiles) for _ in range(100)]
    assert len(set(drawn)) == 100
    assert len({spans[0] for _, spans in drawn}) > 90  # all over the stack


@pytest.mark.parametrize(
    ("wrong", "right", "knows_more"),
    [(0, 0.8, True), (0, 1.0, True), (2, 0.5, False), (1, 0.95, False)],
)
def test_who_is_right_more_often_counts_more(wrong, right, knows_more, monkeypatch):
    """The network says all is of class 2, surely; the forest the opposite."""
    strokes = np.zeros((96, 96), np.uint8)
    strokes[10:20, 10:80] = 2
    strokes[10 : 10 + wrong, 10:80] = 1
    sampler = sampler_of(np.zeros((96, 96), np.float32), strokes)
    tile = (0, ((0, 96), (0, 96)))
    of_forest, of_net = (np.full((2, 96, 96), [[[p]], [[1 - p]]]) for p in (1.0, 0.0))
    opinion = Opinion(((tile, of_forest),), 0.7, right, "")

    def ask(self):
        yield 1.0
        return opinion

    monkeypatch.setattr(StrokeForest, "ask", ask)
    monkeypatch.setattr(Teacher, "_ask", lambda *_: of_net)
    teacher, taught = Teacher(sampler, RECIPE, 2), []
    monkeypatch.setattr(sampler, "teach", taught.append)
    for progress in ROUNDS:
        for _ in teacher.follow(progress, None):
            pass
    labels = [set(np.unique(each.read(*tile)).tolist()) for each in taught]
    assert labels[0] == {0}  # the forest alone
    assert labels[1] == {-1}  # they contradict each other
    assert labels[-1] == ({1} if knows_more else {-1})
