from contextlib import contextmanager

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage.measure import label

import napari_fcnseg as fs
from napari_fcnseg.errors import FcnsegError
from napari_fcnseg.refine import parts


def refined(found, **options):
    return fs.refine(found, **options).wait().data


@contextmanager
def small_blocks(edge, depth=2):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "EDGE", edge)
        patch.setattr(parts, "DEPTH", depth)
        yield


def islands_by_hand(labels, min_size):
    """As `remove_islands` is defined, of the whole image."""
    components = label(labels.astype(int) + 1, background=0, connectivity=1)
    sizes = np.bincount(components.ravel())
    result = labels.copy()
    for number in np.flatnonzero((sizes < min_size) & (sizes > 0)):
        votes = {}
        for at in np.argwhere(components == number):
            for axis in range(labels.ndim):
                for step in (-1, 1):
                    other = at.copy()
                    other[axis] += step
                    if not 0 <= other[axis] < labels.shape[axis]:
                        continue
                    beside = components[tuple(other)]
                    if beside != number and sizes[beside] >= min_size:
                        value = int(labels[tuple(other)])
                        votes[value] = votes.get(value, 0) + 1
        if votes:
            most = max(votes.values())
            result[components == number] = min(v for v, n in votes.items() if n == most)
    return result


@given(
    arrays(np.uint8, (3, 7, 9), elements=st.sampled_from([0, 1, 1, 1, 3])),
    st.integers(2, 8),
    st.integers(2, 9),
)
def test_islands_in_any_blocks(labels, min_size, edge):
    expected = islands_by_hand(labels, min_size)
    with small_blocks(edge):
        assert (refined(labels, axes="ZYX", min_size=min_size) == expected).all()


def test_small_objects_and_holes_by_class():
    labels = np.ones((30, 30), np.uint8)
    labels[5:25, 5:25] = 2
    labels[10, 10], labels[2, 2] = 1, 2  # a hole, and a crumb
    both = refined(labels, min_size=4)
    assert (both == 2).sum() == 400
    no_crumbs = refined(labels, min_size=4, islands=[2])
    assert (no_crumbs[10, 10], no_crumbs[2, 2]) == (1, 1)
    no_holes = refined(labels, min_size=4, islands=[1])
    assert (no_holes[10, 10], no_holes[2, 2]) == (2, 2)


def test_slice_by_slice():
    labels = np.ones((3, 9, 9), np.uint8)
    labels[:, 4, 4] = 2
    assert (refined(labels, axes="ZYX", min_size=3) == labels).all()  # three pixels along Z
    assert (refined(labels, axes="ZYX", min_size=3, across="YX") == 1).all()


shares = arrays(
    np.float32, (3, 2, 18, 21), elements=st.floats(0.125, 1, width=16, allow_subnormal=False)
)


@given(shares, st.integers(5, 20))
def test_smoothing_crf_and_thresholds_in_any_blocks(found, edge):
    found = found / found.sum(0)
    image = np.random.default_rng(0).normal(100, 20, found.shape[1:]).astype(np.float32)
    crf = fs.Crf(contrast=10.0, radius=2, step=1, iterations=1)
    options = {"axes": "CZYX", "image": fs.Image(image, "ZYX"), "crf": crf, "smooth": 0.5}
    options |= {"thresholds": {1: 0.5, 2: 0.3}, "device": "cpu"}
    whole = refined(found, **options)
    with small_blocks(edge, 1):
        blocks = refined(found, **options)
    # Sums in another order may tip what stands on the edge.
    assert (whole != blocks).mean() < 0.01


def test_each_step_by_hand():
    rng = np.random.default_rng(0)
    found = rng.random((2, 40, 50)).astype(np.float32)
    found /= found.sum(0)
    assert (refined(found, axes="CYX") == found.argmax(0) + 1).all()
    threshold = refined(found, axes="CYX", thresholds={1: 0.7, 2: 0.3})
    assert (threshold == np.where(found[0] >= 0.7, 1, 2)).all()
    smooth = ndimage.gaussian_filter(found, (0, 2, 2), mode="mirror", radius=(0, 8, 8))
    assert (refined(found, axes="CYX", smooth=2.0) == smooth.argmax(0) + 1).all()
    image = rng.normal(100, 30, (40, 50)).astype(np.float32)
    crf = fs.Crf(contrast=10.0)
    expected = crf.refine(torch.from_numpy(np.log(found)), torch.from_numpy(image[None]))
    ours = refined(found, axes="CYX", image=image, crf=crf, device="cpu")
    assert (ours == expected.argmax(0).numpy() + 1).all()
    eighth = refined(np.round(255 * found).astype(np.uint8), axes="CYX", smooth=2.0)
    assert (eighth == refined(found, axes="CYX", smooth=2.0)).mean() > 0.99


def test_class_ids_are_smoothed_too(tmp_path):
    labels = np.full((40, 40), 3, np.uint8)
    labels[:, 20:] = 7
    labels[10, 10] = 7
    image = fs.Image(labels, "YX", (4.0, 4.0), ("nanometer",) * 2)
    fs.refine(image, tmp_path / "clean.ome.zarr", smooth=1.0).wait()
    opened = fs.open_image(tmp_path / "clean.ome.zarr")
    clean = np.asarray(opened.data[:])
    assert clean[10, 10] == 3
    assert (clean[:, :18] == 3).all()
    assert (clean[:, 22:] == 7).all()
    assert opened.scale == (4.0, 4.0)


def test_a_run_that_is_closed_leaves_nothing(tmp_path):
    with small_blocks(16):
        for options in ({}, {"min_size": 3}):
            job = fs.refine(np.ones((50, 50), np.uint8), tmp_path / "r.ome.zarr", **options)
            next(job)
            job.close()
            assert not list(tmp_path.iterdir())


LABELS = np.ones((9, 9), np.uint8)


@pytest.mark.parametrize(
    ("found", "options", "told"),
    [
        (LABELS, {"crf": fs.Crf()}, "image="),
        (LABELS, {"image": np.ones((3, 3))}, "that was segmented"),
        (LABELS, {"smooth": -1}, "smooth = -1"),
        (LABELS, {"thresholds": {1: 2.0}}, "threshold of 1"),
        (LABELS.astype(np.float32), {}, "along C"),
        (LABELS.astype(np.int16) * 300, {}, "no class ids"),
        (LABELS, {"across": "Z"}, "no axis"),
    ],
)
def test_what_cannot_be_refined_is_told(found, options, told):
    with pytest.raises(FcnsegError, match=told):
        refined(found, **options)


@pytest.mark.parametrize(("most", "dtype"), [(200, "u1"), (40_000, "u2"), (1.0, "f4")])
def test_a_crf_sees_edges_whatever_the_image_counts_in(most, dtype):
    """A guess that is 3 pixels off snaps to the edge of the image."""
    truth = np.repeat([1, 2], 20) * np.ones((40, 1), np.uint8)
    guess = np.repeat([0.67, 0.33], [23, 17]) * np.ones((40, 1), np.float32)
    noise = np.random.default_rng(0).normal(0, 0.02, truth.shape)
    image = ((0.2 + 0.6 * (truth == 2) + noise) * most).astype(dtype)
    found = refined(np.stack([guess, 1 - guess]), axes="CYX", image=image, crf=fs.Crf())
    assert (found == truth).all()
