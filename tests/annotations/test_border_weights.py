import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.errors import AnnotationError


def brute_force(ids, w0, sigma):
    """Equation 2 with all distances from all background pixels to all pixels of all objects."""
    weights = np.zeros(ids.shape)
    objects = [np.argwhere(ids == i) for i in np.unique(ids[ids != 0])]
    for pixel in np.argwhere(ids == 0) if len(objects) > 1 else ():
        d1, d2, *_ = sorted(np.hypot(*(at - pixel).T).min() for at in objects)
        weights[tuple(pixel)] = w0 * math.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return weights


@pytest.mark.parametrize("gap", [1, 2, 3, 8, 20])
def test_a_gap_between_two_walls_by_hand(gap):
    ids = np.zeros((5, gap + 6), np.uint16)
    ids[:, :3], ids[:, -3:] = 7, 300
    weights = fs.border_weights(ids)
    # Whatever the pixel of the gap, the distances to the two walls add up to gap + 1.
    assert weights[:, 3:-3] == pytest.approx(10 * math.exp(-((gap + 1) ** 2) / 50), rel=1e-12)
    assert not weights[:, :3].any()
    assert not weights[:, -3:].any()


def test_between_single_pixels_by_hand():
    ids = np.zeros((9, 9), np.int64)
    ids[4, 1], ids[4, 7], ids[0, 4] = 1, 2, 3
    weights = fs.border_weights(ids, w0=4, sigma=2)
    assert weights[4, 4] == pytest.approx(4 * math.exp(-((3 + 3) ** 2) / 8))
    assert weights[1, 4] == pytest.approx(4 * math.exp(-((1 + math.sqrt(18)) ** 2) / 8))
    assert weights[6, 3] == pytest.approx(4 * math.exp(-((8**0.5 + 20**0.5) ** 2) / 8))


@pytest.mark.parametrize(
    "ids", [np.zeros((6, 7), int), np.eye(6, dtype=bool), np.ones((4, 4), int)]
)
def test_without_a_second_object_there_is_no_weight(ids):
    assert not fs.border_weights(ids).any()


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 24), st.integers(1, 60)),
    objects=st.integers(0, 12),
    w0=st.sampled_from([0.0, 1e-7, 0.5, 10.0]),
    sigma=st.sampled_from([0.7, 2.0, 5.0]),
)
def test_it_is_the_formula(seed, shape, objects, w0, sigma):
    rng = np.random.default_rng(seed)
    ids = np.zeros(shape, np.int64)
    for value in rng.choice([-5, 1, 2, 9, 255, 256, 2**60, 2**60 + 1], objects):
        y, x = rng.integers(0, shape)
        ids[y : y + rng.integers(1, 6), x : x + rng.integers(1, 9)] = value
    expected = brute_force(ids, w0, sigma)
    found = fs.border_weights(ids, w0, sigma)
    assert found == pytest.approx(np.where(expected < 1e-6, 0, expected), rel=1e-9, abs=1.1e-6)
    assert found[expected > 1.01e-6] == pytest.approx(expected[expected > 1.01e-6], rel=1e-9)


def test_objects_are_looked_at_where_they_are(monkeypatch):
    from napari_fcnseg.annotations import border_weights as module

    looked_at = []
    transform = module.ndimage.distance_transform_edt

    def counted(away):
        looked_at.append(away.size)
        return transform(away)

    monkeypatch.setattr(module.ndimage, "distance_transform_edt", counted)
    ids = np.zeros((400, 400), int)
    ids[5::20, 5::20] = np.arange(1, 401).reshape(20, 20)
    assert (fs.border_weights(ids)[15:390:20, 5::20] > 0).all()
    assert len(looked_at) == 400
    assert max(looked_at) <= 59**2  # 28.4 pixels is where the weight falls below 1e-6


@pytest.mark.parametrize(
    ("ids", "options", "said"),
    [
        (
            np.zeros((2, 3, 4), int),
            {},
            r"int64, shape \(2, 3, 4\): give whole numbers of one plane",
        ),
        (np.zeros((3, 4)), {}, r"of float64, shape \(3, 4\)"),
        (np.zeros((3, 4), int), {"sigma": 0}, "sigma = 0 give no border weights"),
        (np.zeros((3, 4), int), {"w0": -1}, "w0 = -1 and"),
        (np.zeros((3, 4), int), {"w0": float("nan")}, "w0 = nan"),
    ],
)
def test_what_cannot_be_is_refused(ids, options, said):
    with pytest.raises(AnnotationError, match=said):
        fs.border_weights(ids, **options)
