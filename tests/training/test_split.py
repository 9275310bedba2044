import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.annotations.annotation import open_annotation
from napari_fcnseg.images.image import Image
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.training.hold_out import KEPT, MOST, Apart, hold_out
from napari_fcnseg.training.patches import PatchSampler
from napari_fcnseg.training.planes import Source


def annotate(labels):
    image = Image(np.zeros(labels.shape, np.uint8), "ZYX"[-labels.ndim :])
    return image, open_annotation(labels, image)


def scattered(seed, shape=(2, 400, 500)):
    """Short strokes of two classes at random places."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint8)
    for value in (1, 2):
        for _ in range(12):
            z, y, x = (int(rng.integers(0, n)) for n in shape)
            labels[z, y : y + 3, x : x + 30] = value
    return labels


@given(seed=st.integers(0, 50), share=st.sampled_from([0.1, 0.2, 0.5]), gap=st.integers(0, 40))
def test_held_out_labels_never_train_and_keep_their_distance(seed, share, gap):
    labels = scattered(seed)
    _, annotation = annotate(labels)
    rng = np.random.default_rng(seed)
    (split,) = hold_out([annotation], share, Apart(gap), 8, rng)
    held = split.held_out(((0, 2), (0, 400), (0, 500)))
    near = split.held_out(((0, 2), (0, 400), (0, 500)), near=True)
    for positions in annotation.index.positions.values():
        assert (split.trains(positions) == ~near[tuple(positions.T)]).all()
    for z, y, x in np.argwhere(held)[::501]:  # whatever is within the gap is near
        box = np.s_[z, max(0, y - gap) : y + gap + 1, max(0, x - gap) : x + gap + 1]
        assert near[box].all()
    for value in (1, 2):
        total, trains = (labels == value).sum(), ((labels == value) & ~near).sum()
        assert trains >= KEPT * total


def test_about_the_wanted_share_of_each_class_is_held_out():
    shares = []
    for seed in range(10):
        _, annotation = annotate(scattered(seed))
        (split,) = hold_out([annotation], 0.2, Apart(16), 8, np.random.default_rng(seed))
        corners = {tuple(c) for c in split.blocks}
        for positions in annotation.index.positions.values():
            grid = positions.copy()
            grid[:, 1:] -= grid[:, 1:] % split.edge
            shares.append(np.mean([tuple(p) in corners for p in grid.tolist()]))
    assert all(0.05 < share <= MOST * 0.2 for share in shares)
    assert np.mean(shares) > 0.15


def test_small_paintings_get_small_blocks():
    labels = np.zeros((1, 64, 64), np.uint8)
    rng = np.random.default_rng(0)
    for value in (1, 2, 3):
        for _ in range(8):
            y, x = rng.integers(0, 60), rng.integers(0, 50)
            labels[0, y : y + 2, x : x + 10] = value
    _, annotation = annotate(labels)
    (split,) = hold_out([annotation], 0.2, Apart(8), 8, np.random.default_rng(0))
    assert split.edge < 64
    held = split.held_out(((0, 1), (0, 64), (0, 64)))[0]
    assert {int(v) for v in np.unique(labels[0][held]) if v} == {1, 2, 3}


def test_a_single_stroke_is_not_held_out():
    labels = np.zeros((1, 200, 200), np.uint8)
    labels[0, 10:12, 10:40], labels[0, 100:102, 140:170] = 1, 2
    _, annotation = annotate(labels)
    (split,) = hold_out([annotation], 0.2, Apart(16), 8, np.random.default_rng(0))
    assert not split.blocks


def test_blocks_lie_on_the_networks_grid():
    _, annotation = annotate(scattered(3))
    (split,) = hold_out([annotation], 0.3, Apart(16), 96, np.random.default_rng(0))
    assert split.blocks
    assert split.edge % 96 == 0
    assert all(y % split.edge == x % split.edge == 0 for _, y, x in split.blocks)


def painted_on(planes, shape=(12, 96, 120)):
    labels = np.zeros(shape, np.uint8)
    for z in planes:
        labels[z, 10:14, 10:60], labels[z, 50:54, 30:90] = 1, 2
    return labels


def test_whole_slices_are_held_out_where_there_are_several():
    planes = [0, 2, 5, 7, 9, 11]
    _, annotation = annotate(painted_on(planes))
    (split,) = hold_out([annotation], 0.15, Apart(40), 8, np.random.default_rng(0))
    assert len(split.held) == 1
    (plane,) = split.held
    for positions in annotation.index.positions.values():
        assert (split.trains(positions) == (positions[:, 0] != plane[0])).all()
    images = [annotate(painted_on([0], (1, 96, 120))[0])[1] for _ in range(6)]
    splits = hold_out(images, 0.15, Apart(40), 8, np.random.default_rng(0))
    assert sum(bool(s.blocks) for s in splits) == 1  # an image is as good as a slice


def test_a_stack_network_trains_on_no_slice_that_sees_a_held_out_one():
    _, annotation = annotate(painted_on(range(12)))
    (split,) = hold_out([annotation], 0.1, Apart(8, 2), 8, np.random.default_rng(1))
    held = {plane[0] for plane in split.held}
    assert held
    for positions in annotation.index.positions.values():
        apart = np.min([np.abs(positions[:, 0] - z) for z in held], axis=0)
        assert (split.trains(positions) == (apart > 2)).all()
    mask = split.held_out(((0, 12), (8, 16), (8, 16)), near=True)
    for z in range(12):
        assert mask[z].all() == (min(abs(z - h) for h in held) <= 2)


def test_the_gap_is_kept_where_labels_allow_and_halved_where_not():
    far = np.zeros((1, 900, 900), np.uint8)
    for y in range(0, 900, 60):
        far[0, y : y + 3, 5:400], far[0, y + 30 : y + 33, 500:895] = 1, 2
        far[0, y : y + 3, 500:895], far[0, y + 30 : y + 33, 5:400] = 1, 2
    _, annotation = annotate(far)
    (split,) = hold_out([annotation], 0.1, Apart(80), 8, np.random.default_rng(0), closer=True)
    assert (split.gap, bool(split.blocks)) == (80, True)
    _, annotation = annotate(far[:, :128, :128])
    (split,) = hold_out([annotation], 0.1, Apart(80), 8, np.random.default_rng(0))
    assert not split.blocks
    (split,) = hold_out([annotation], 0.1, Apart(80), 8, np.random.default_rng(0), closer=True)
    assert split.blocks
    assert 16 <= split.gap < 80


def test_nothing_is_held_out_on_request():
    _, annotation = annotate(scattered(3))
    (split,) = hold_out([annotation], 0, Apart(16), 8, np.random.default_rng(0))
    assert not split.blocks


def test_drawn_targets_have_no_held_out_label():
    labels = scattered(5)
    image, annotation = annotate(labels)
    (split,) = hold_out([annotation], 0.3, Apart(24), 8, np.random.default_rng(1))
    assert split.blocks
    marked = labels.copy()
    for z, y, x in split.blocks:
        box = np.s_[z, max(0, y - 24) : y + split.edge + 24, max(0, x - 24) : x + split.edge + 24]
        marked[box][marked[box] == 1] = 0
        marked[box][marked[box] == 2] = 0
    usable = (marked > 0).sum()
    sampler = PatchSampler(
        [Source(image, annotation, split)], [1, 2], Normalisation("percentile", (0.0,), (1.0,))
    )
    rng, seen = np.random.default_rng(2), 0
    for _ in range(20):
        _, targets, _ = sampler.draw(4, (64, 64), (64, 64), rng)
        assert (targets >= 0).any((1, 2)).all()  # each patch has something to learn from
        seen += (targets >= 0).sum()
    assert seen > 0
    assert usable < (labels > 0).sum()
    assert sum(len(group.positions) for group in sampler._groups._groups) == usable
