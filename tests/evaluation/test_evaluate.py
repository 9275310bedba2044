import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import napari_fcnseg as fs
from napari_fcnseg.errors import EvaluationError, FcnsegError
from napari_fcnseg.evaluation import pair, worst
from napari_fcnseg.evaluation.instances import ObjectScores
from napari_fcnseg.evaluation.overlaps import overlaps


def evaluate(found, truth, **options):
    return fs.evaluate(found, truth, **options).wait().evaluation


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(pair, "EDGE", 8)
    monkeypatch.setattr(worst, "CELL", 4)


ids = arrays(np.uint8, (2, 17, 21), elements=st.integers(0, 3))


@settings(deadline=None)
@given(truth=ids, found=ids, tolerance=st.sampled_from([0.0, 1.0, 2.5]))
def test_blocks_are_the_whole(truth, found, tolerance):
    truth[0, 0, 0] = 1
    options = {"axes": "ZYX", "tolerance": tolerance, "interior": 1}
    truth[:, 5, 5] = 1
    whole = evaluate(found, truth, **options).to_dict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair, "EDGE", 8)
        blocks = evaluate(found, truth, **options).to_dict()
    whole.pop("worst"), blocks.pop("worst")
    assert json.dumps(blocks) == json.dumps(whole)


def test_unlabelled_is_left_out_and_nothing_found_is_told():
    truth = np.array([[0, 0, 1, 1, 2, 2]], np.uint8)
    found = np.array([[1, 2, 1, 0, 2, 7]], np.uint8)
    scored = evaluate(found, truth)
    assert scored.scores.matrix.tolist() == [[1, 0, 1], [0, 1, 1]]
    assert scored.scores.mean_iou == 0.5
    assert "50.0% of the labelled pixels" in scored.notes[0]


def test_background_is_a_class_if_it_is_said():
    truth = np.array([[0, 0, 1, 1]], np.uint8)
    found = np.array([[0, 1, 1, 1]], np.uint8)
    scored = evaluate(found, truth, unpainted="background")
    assert scored.scores.matrix.tolist() == [[1, 1, 0], [0, 2, 0]]
    assert [c.name for c in scored.scores.classes] == ["background", "class 1"]


def test_a_named_zero_is_the_class_that_a_model_of_it_predicts():
    """0=membrane,255=cell: a model trained so predicts 1 and 255."""
    truth = np.array([[0, 0, 255, 255]], np.uint8)
    found = np.array([[1, 255, 255, 255]], np.uint8)
    scored = evaluate(found, truth, classes={0: "membrane", 255: "cell"})
    assert scored.scores.matrix.tolist() == [[1, 1, 0], [0, 2, 0]]


def test_a_class_that_only_some_images_have():
    ones, twos = np.full((1, 4), 1, np.uint8), np.full((1, 4), 2, np.uint8)
    scored = evaluate([ones, ones], [ones, twos])
    assert scored.scores.matrix.tolist() == [[4, 0, 0], [4, 0, 0]]
    assert [i.scores.matrix.tolist() for i in scored.images] == [
        [[4, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [4, 0, 0]],
    ]


def test_planes_add_up():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 3, (2, 4, 30, 40)).astype(np.uint8)
    truth[2] = 0
    scored = evaluate(found, truth, axes="ZYX")
    (image,) = scored.images
    assert sorted(image.planes) == [(0,), (1,), (3,)]  # 2 has no label
    assert sum(p.matrix for p in image.planes.values()).tolist() == scored.scores.matrix.tolist()
    alone = evaluate(found[1], truth[1])
    assert alone.scores.to_dict() == image.planes[1,].to_dict()


def test_worst_regions_are_where_it_is_wrong(small_blocks):
    truth = np.full((3, 16, 16), 1, np.uint8)
    found = truth.copy()
    found[1, 4:8, 8:12] = 2
    found[2, 0, 0:3] = 2
    scored = evaluate(found, truth, axes="ZYX", regions=5)
    assert [(r.spans, r.wrong) for r in scored.worst] == [
        (((1, 2), (4, 8), (8, 12)), 16),
        (((2, 3), (0, 4), (0, 4)), 3),
    ]
    assert scored.worst[1].share == 3 / 16


def test_one_bad_plane_does_not_hide_the_others(small_blocks):
    truth = np.full((3, 16, 16), 1, np.uint8)
    found = truth.copy()
    found[0] = 2
    found[2, 0, 0] = 2
    planes = [r.spans[0][0] for r in evaluate(found, truth, axes="ZYX", regions=3).worst]
    assert planes == [0, 0, 2]


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_probabilities_count_as_the_most_probable_class(kind):
    shares = np.array([[[0.9, 0.4, 0.2]], [[0.1, 0.6, 0.8]]])
    if kind is np.uint8:
        shares = np.round(255 * shares)
    truth = np.array([[1, 1, 2]], np.uint8)
    scored = evaluate(shares.astype(kind), truth, axes="CYX", interior=2)
    assert scored.scores.matrix.tolist() == [[1, 1, 0], [0, 1, 0]]
    alone = fs.rand_and_info(np.array([[0.1, 0.6, 0.8]]), truth == 2)
    assert scored.membranes.v_rand == alone.v_rand


@settings(deadline=None)
@given(
    truth=arrays(np.uint16, (2, 9, 11), elements=st.integers(0, 4)),
    found=arrays(np.uint16, (2, 9, 11), elements=st.integers(0, 4)),
)
def test_objects_block_by_block(truth, found):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair, "EDGE", 8)
        patch.setattr(worst, "CELL", 4)
        scored = evaluate(found, truth, axes="ZYX", objects=True)
    expected = ObjectScores.of(overlaps(truth, found))
    assert scored.scores.to_dict() == pytest.approx(expected.to_dict())


def test_an_id_is_another_object_at_another_time():
    truth = np.zeros((2, 8, 8), np.uint16)
    truth[0, 1:3, 1:3] = truth[1, 5:7, 5:7] = 1
    found = truth.copy()
    found[1] = 0
    scored = evaluate(found, truth, axes="TYX", objects=True)
    assert (scored.scores.truth, scored.scores.found, scored.scores.ap50) == (2, 1, 0.5)
    assert scored.images[0].planes[0,].seg == 1
    as_a_stack = evaluate(found, truth, axes="ZYX", objects=True)
    assert (as_a_stack.scores.truth, as_a_stack.scores.ap50) == (1, 1)


def test_objects_that_are_missed_are_the_worst_region(small_blocks):
    truth = np.zeros((16, 16), np.uint16)
    truth[1:4, 1:4], truth[9:12, 9:12] = 1, 2
    found = np.where(truth == 2, 0, truth * 7)
    scored = evaluate(found, truth, objects=True)
    assert [(r.spans, r.wrong) for r in scored.worst] == [(((8, 12), (8, 12)), 9)]


OK = np.array([[1, 2]], np.uint8)


@pytest.mark.parametrize(
    ("found", "truth", "options", "told"),
    [
        (OK, np.zeros((1, 2), np.uint8), {}, "--unpainted background"),
        (OK, np.ones((2, 2), np.uint8), {}, "shape"),
        (OK, OK.astype(float), {}, "whole numbers"),
        (OK, OK.astype(np.uint16) + 400, {}, "--objects"),
        (OK.astype(np.uint16) + 400, OK, {}, "--objects"),
        (OK.astype(np.float32), OK, {}, "probabilities"),
        (OK, OK, {"interior": "cell"}, "1 class 1, 2 class 2"),
        (OK, OK, {"tolerance": -1}, "tolerance = -1"),
        (OK, OK, {"tolerance": float("nan")}, "tolerance"),
        (OK, OK, {"regions": -1}, "regions = -1"),
        ([OK], [OK, OK], {}, "1 segmentations and 2 truths"),
        (np.zeros((3, 1, 2), np.float32), OK, {"axes": "CYX"}, "3 channels"),
        (OK, OK, {"classes": {1: "a"}}, "none of the classes"),
    ],
)
def test_what_does_not_fit_is_told(found, truth, options, told):
    with pytest.raises(FcnsegError, match=told):
        evaluate(found, truth, **options)


def test_closing_it_in_the_middle_is_clean():
    job = fs.evaluate(np.ones((3, 9, 9), np.uint8), np.ones((3, 9, 9), np.uint8), axes="ZYX")
    next(job)
    job.close()
    with pytest.raises(StopIteration):
        next(job)


def test_slices_without_a_cell_are_told():
    truth = np.array([[1, 1]], np.uint8)
    with pytest.raises(EvaluationError, match="no cell"):
        evaluate(truth, truth, classes={1: "membrane", 2: "cell"}, interior="cell")
