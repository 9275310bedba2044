import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_fcnseg as fs
from napari_fcnseg.annotations.kept import keep_labels


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_labels_are_kept_where_they_are_wanted_and_counted_anew(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (3, 20, 30), np.uint8)
    wanted = rng.random(labels.shape) < 0.5
    labels[0, 0, :3], wanted[0, 0, :3] = (1, 2, 3), True
    image = fs.Image(np.zeros(labels.shape, np.uint8), "ZYX")
    kept = keep_labels(
        fs.open_annotation(labels, image), lambda spans: wanted[tuple(slice(*s) for s in spans)]
    )
    left = np.where(wanted, labels, 0)
    whole = tuple((0, n) for n in labels.shape)
    assert np.array_equal(kept.read_ids(whole), left.astype(int) - (left == 0))
    assert kept.index.counts == {v: int((left == v).sum()) for v in (1, 2, 3)}
    a, b = sorted(rng.integers(0, 21, 2).tolist())
    part = kept.labels.read(((1, 2), (a, b + 1), (3, 9)))[0]
    expected = np.pad(left, ((0, 0), (0, 1), (0, 0)), mode="reflect")[1:2, a : b + 1, 3:9]
    assert np.array_equal(part, expected)
