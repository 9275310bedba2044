import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.images.image import Image
from napari_fcnseg.refine.crf import Crf


def brute_force(crf, logits, image):
    """Mean field over all pairs of pixels, term by term as it is defined, in float64."""
    classes, height, width = logits.shape
    at = np.array(list(np.ndindex(height, width)))
    apart = at[:, None] - at[None]
    d2 = (apart**2).sum(-1)
    joined = (d2 <= crf.radius**2) & (d2 > 0) & (apart % crf.step == 0).all(-1)
    grey = image.reshape(len(image), -1).T
    c2 = ((grey[:, None] - grey[None]) ** 2).sum(-1)
    kernel = np.zeros(joined.shape)
    for weight, raw in (
        (crf.appearance, np.exp(-d2 / (2 * crf.reach**2) - c2 / (2 * crf.contrast**2))),
        (crf.smoothness, np.exp(-d2 / (2 * crf.blur**2))),
    ):
        raw = np.where(joined, raw, 0)
        norm = np.sqrt(np.maximum(raw.sum(1), 1e-12))
        kernel += weight * raw / norm[:, None] / norm[None]
    flat = logits.reshape(classes, -1).astype(np.float64)

    def softmax(x):
        e = np.exp(x - x.max(0))
        return e / e.sum(0)

    shares = softmax(flat)
    for _ in range(crf.iterations):
        shares = softmax(flat + shares @ kernel)
    return shares.reshape(logits.shape)


def example(seed, classes=3, channels=1, size=(24, 24)):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(classes, *size)).astype(np.float32)
    image = rng.normal(100, 20, (channels, *size)).astype(np.float32)
    return logits, image


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"radius": 4, "step": 1},
        {"radius": 7, "step": 2, "contrast": 30.0, "iterations": 10},
        {"appearance": 0.0, "smoothness": 3.0},
        {"radius": 40, "step": 1, "iterations": 2},  # every pair: the fully connected model
    ],
)
@pytest.mark.parametrize(("classes", "channels"), [(2, 1), (5, 3)])
def test_is_the_mean_field_over_all_pairs(options, classes, channels):
    crf = Crf(**{"contrast": 10.0} | options)
    logits, image = example(0, classes, channels)
    found = crf.refine(torch.from_numpy(logits), torch.from_numpy(image)).numpy()
    assert found == pytest.approx(brute_force(crf, logits, image), abs=1e-5)


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.integers(1, 5), st.integers(1, 9))
def test_any_size(size, step, radius):
    crf = Crf(contrast=10.0, step=step, radius=radius, iterations=2)
    logits, image = example(1, size=size)
    found = crf.refine(torch.from_numpy(logits), torch.from_numpy(image)).numpy()
    assert found == pytest.approx(brute_force(crf, logits, image), abs=1e-5)


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_halo_is_enough(y, x):
    crf = Crf(contrast=10.0, radius=5, step=2, iterations=2)
    logits, image = example(2, size=(64, 64))
    assert crf.halo == 3 * 4
    whole = crf.refine(torch.from_numpy(logits), torch.from_numpy(image))
    rows, columns = (slice(max(0, a - crf.halo), a + 20 + crf.halo) for a in (y, x))
    part = crf.refine(
        torch.from_numpy(logits[:, rows, columns]), torch.from_numpy(image[:, rows, columns])
    )
    inside = tuple(slice(a - s.start, a - s.start + 20) for a, s in ((y, rows), (x, columns)))
    assert torch.allclose(part[:, *inside], whole[:, y : y + 20, x : x + 20], atol=1e-6)


def test_it_follows_edges_of_the_image():
    """A blurred guess snaps to where grey values change."""
    truth = np.zeros((40, 40), int)
    truth[:, 20:] = 1
    image = (50.0 + 100.0 * truth)[None].astype(np.float32)
    wrong = np.roll(truth, 3, axis=1)
    wrong[:, :3] = 0
    logits = np.where(np.stack([1 - wrong, wrong]) == 1, 0.7, -0.7).astype(np.float32)
    found = (
        Crf(contrast=10.0)
        .refine(torch.from_numpy(logits), torch.from_numpy(image))
        .argmax(0)
        .numpy()
    )
    assert (wrong != truth).sum() == 120
    assert (found != truth).sum() == 0


@pytest.mark.parametrize(
    "options", [{"reach": 0}, {"contrast": float("nan")}, {"appearance": -1}, {"radius": 0}]
)
def test_what_makes_no_sense_is_told(options):
    with pytest.raises(RecipeError, match=next(iter(options))):
        Crf(**options)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_contrast_is_that_of_the_image(dtype):
    ramp = np.linspace(0, 1, 101) * np.ones((4, 1))
    grey = (ramp * 200 if dtype == "u1" else ramp * 50_000).astype(dtype)
    wanted = 10.0 if dtype == "u1" else 0.04 * 0.98 * 50_000
    assert Crf().of(Image(grey, "YX")).contrast == pytest.approx(wanted)
    assert Crf(contrast=7.0).of(Image(grey, "YX")).contrast == 7.0
    assert Crf().of(Image(np.zeros_like(grey), "YX")).contrast > 0


def test_contrast_of_a_tensor_is_told():
    logits, image = example(0)
    with pytest.raises(RecipeError, match="crf.of"):
        Crf().refine(torch.from_numpy(logits), torch.from_numpy(image))
