"""Classifiers that learn at once, in the place of a network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import multiscale_basic_features
from sklearn.cluster import KMeans as Clusters

import napari_fcnseg as fs
from napari_fcnseg.classical.fits import fit_net
from napari_fcnseg.classical.forest import PixelClassifier
from napari_fcnseg.images.normalise import Normalisation
from napari_fcnseg.nets.pixel_features import PixelFeatures

M = PixelFeatures.margin
CLASSES = tuple(fs.SegClass(i, f"c{i}", "#ff0000") for i in (1, 4, 7))
CASES = {"pixel_classifier": {"trees": 8, "leaves": 40}, "kmeans": {"clusters": 5}}


def plane(height=200, width=220, channels=1, seed=0):
    """Stripes of three brightnesses with noise, and their classes."""
    rng = np.random.default_rng(seed)
    truth = (np.arange(width) // 30 % 3) * np.ones((height, 1), int)
    pixels = truth * 2.0 + rng.normal(0, 0.3, (channels, height, width))
    return pixels.astype(np.float32), truth


def fitted(name, channels=1):
    net = fs.build_net(name, channels, 3, **CASES[name])
    pixels, truth = plane(channels=channels)
    x = torch.from_numpy(pixels)[None]
    features = net.features(x)[0].movedim(0, -1).numpy()
    m = net.margin[0]
    inner = truth[m : truth.shape[0] - m, m : truth.shape[1] - m].copy()
    inner[::2] = -1
    fit_net(net, features.reshape(-1, features.shape[-1]), inner.reshape(-1), 0)
    return net


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_features_are_those_of_scikit_image(dtype):
    pixels = np.random.default_rng(1).random((2, 170, 150)).astype(np.float32)
    known = multiscale_basic_features(
        pixels.astype(np.float64), sigma_min=0.5, sigma_max=16, channel_axis=0
    )[M:-M, M:-M]
    found = PixelFeatures()(torch.from_numpy(pixels)[None].to(dtype))[0]
    assert found.dtype == torch.float32
    assert found.shape == (48, 170 - 2 * M, 150 - 2 * M)
    assert np.abs(found.movedim(0, -1).numpy() - known).max() < 1e-6


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_features_of_a_tile_are_those_of_the_whole(data):
    """To the last digit of float32; a difference of nearly equal numbers to that of float64."""
    pixels, _ = plane(300, 320)
    top, left = (data.draw(st.integers(0, n - 2 * M - 1)) for n in (300, 320))
    height = data.draw(st.integers(2 * M + 1, 300 - top))
    width = data.draw(st.integers(2 * M + 1, 320 - left))
    whole = PixelFeatures()(torch.from_numpy(pixels)[None])
    tile = pixels[:, top : top + height, left : left + width]
    found = PixelFeatures()(torch.from_numpy(np.ascontiguousarray(tile))[None])
    rows, columns = height - 2 * M, width - 2 * M
    wanted = whole[..., top : top + rows, left : left + columns]
    assert torch.allclose(found, wanted, rtol=1.2e-7, atol=1e-14)


def test_few_features_of_a_tile_differ_at_all():
    pixels, _ = plane(300, 320)
    whole = PixelFeatures()(torch.from_numpy(pixels)[None])
    found = PixelFeatures()(torch.from_numpy(pixels[:, 17:281, 30:].copy())[None])
    wanted = whole[..., 17 : 17 + found.shape[2], 30 : 30 + found.shape[3]]
    assert found.shape == wanted.shape
    assert (found != wanted).float().mean() < 1e-4


def test_a_pixel_sees_no_further_than_the_margin():
    net = fs.build_net("pixel_classifier")
    assert net.geometry[0].field == (2 * M + 1, 2 * M + 1)
    pixels, _ = plane(2 * M + 1, 2 * M + 3)
    x = torch.from_numpy(pixels)[None]
    moved = x.clone()
    moved[..., 0] += 10
    before, after = net.features(x), net.features(moved)
    assert not torch.equal(before[..., 0], after[..., 0])
    assert torch.equal(before[..., 1:], after[..., 1:])


@pytest.mark.parametrize("classes", [[0, 1, 2], [0, 2]])
def test_the_forest_says_what_scikit_learn_says(classes):
    rng = np.random.default_rng(2)
    features = rng.normal(size=(3000, 24)).astype(np.float32)
    noisy = features[:, 0] + rng.normal(0, 0.5, 3000)
    targets = np.asarray(classes)[np.digitize(noisy, np.linspace(-1, 1, len(classes) - 1))]
    forest = PixelClassifier(3, seed=0, trees=12, leaves=200)
    forest.fit([features], [targets])
    net = fs.build_net("pixel_classifier", 1, 3, trees=12, leaves=200)
    forest.plant(net)
    others = rng.normal(size=(4000, 24)).astype(np.float32)
    found = net.classify(torch.from_numpy(others.T.copy())[None, :, :, None]).softmax(1)
    known = forest.probabilities(others)
    assert np.abs(found[0, :, :, 0].detach().numpy() - known).max() < 1e-5


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_thresholds_between_two_float32_are_not_rounded_up(steps):
    """They are float64 in scikit-learn: rounded up, they would let a value pass that is above."""
    low = np.float32(100) + steps * np.spacing(np.float32(100))
    high = np.nextafter(low, np.float32(200))
    features = np.repeat([[low], [high]], 10, axis=0).astype(np.float32)
    targets = np.repeat([0, 1], 10)
    forest = PixelClassifier(2, seed=0, trees=5, leaf=1, leaves=4)
    forest.fit([features], [targets])
    net = fs.build_net("pixel_classifier", 1, 2, trees=5, leaves=4)
    forest.plant(net)
    found = net.trees(torch.from_numpy(features.T.copy())[None, :, :, None]).argmax(1)
    assert found.flatten().tolist() == targets.tolist()


def test_clusters_are_those_of_scikit_learn():
    net = fitted("kmeans", channels=2)
    pixels, _ = plane(channels=2)
    colours = pixels.reshape(2, -1).T
    known = Clusters(5, n_init=4, random_state=0).fit(colours)
    own = net.nearest.number(torch.from_numpy(pixels)[None])[0].numpy().reshape(-1)
    away = ((colours - net.nearest.centres.numpy()[own]) ** 2).sum()
    assert away == pytest.approx(known.inertia_, rel=0.01)
    sums = net.nearest.centres.sum(1)
    assert torch.equal(sums, sums.sort().values)


def test_a_cluster_without_labels_is_what_the_nearest_one_with_labels_is():
    net = fs.build_net("kmeans", 1, 2, clusters=3)
    colours = np.repeat([[0.0], [5.0], [6.0]], 20, axis=0).astype(np.float32)
    targets = np.repeat([0, 1, -1], 20)
    fit_net(net, colours, targets, 0)
    found = net(torch.tensor([0.0, 5.0, 6.0, 100.0]).view(1, 1, 1, 4)).argmax(1)
    assert found.flatten().tolist() == [0, 1, 1, 1]


def test_fewer_colours_than_clusters():
    net = fs.build_net("kmeans", 1, 2, clusters=8)
    colours = np.repeat([[0.0], [1.0]], 20, axis=0).astype(np.float32)
    fit_net(net, colours, np.repeat([1, 0], 20), 0)
    found = net(torch.tensor([0.1, 0.9]).view(1, 1, 1, 2)).argmax(1)
    assert found.flatten().tolist() == [1, 0]


@pytest.mark.parametrize("name", CASES)
class TestEveryFitted:
    def test_it_finds_what_it_learned(self, name):
        net = fitted(name)
        pixels, truth = plane(seed=5)
        m = net.margin[0]
        found = net(torch.from_numpy(pixels)[None]).argmax(1)[0].numpy()
        inner = truth[m : truth.shape[0] - m, m : truth.shape[1] - m]
        assert (found == inner).mean() > 0.95

    def test_tiles_are_the_whole(self, name):
        """Another leaf of one tree of 8 would be 0.01 and more; sums in other orders are 1e-7."""
        model = fs.Model(fitted(name), Normalisation("mean_std", (0.0,), (1.0,)), CLASSES)
        pixels, _ = plane(260, 300, seed=3)
        assert model.net.certificate.exact
        whole = fs.segment(model, pixels[0], "probabilities", tile=600)
        tiled = fs.segment(model, pixels[0], "probabilities", tile=170)
        assert np.abs(tiled - whole).max() < 1e-6
        assert np.array_equal(fs.segment(model, pixels[0], tile=170), fs.segment(model, pixels[0]))
        assert set(np.unique(fs.segment(model, pixels[0]))) <= {1, 4, 7}

    def test_it_survives_saving(self, name, tmp_path):
        model = fs.Model(fitted(name), Normalisation("mean_std", (0.0,), (1.0,)), CLASSES)
        model.save(tmp_path / "m.zip")
        loaded = fs.load_model(tmp_path / "m.zip", check=True)
        pixels, _ = plane(seed=4)
        assert np.array_equal(fs.segment(loaded, pixels[0]), fs.segment(model, pixels[0]))

    def test_other_formats_are_refused(self, name, tmp_path):
        model = fs.Model(fitted(name), Normalisation("mean_std", (0.0,), (1.0,)), CLASSES)
        with pytest.raises(fs.FcnsegError, match="is no network.*leave this format out"):
            model.save(tmp_path / "m.zip", formats=["torchscript"])

    def test_before_it_has_learned_all_classes_are_as_likely(self, name):
        net = fs.build_net(name, 1, 4, **CASES[name])
        found = net(torch.zeros(1, 1, *net.min_size)).softmax(1)
        assert torch.allclose(found, torch.full_like(found, 0.25))

    def test_it_is_described(self, name):
        found = fs.describe(fs.build_net(name, **CASES[name]))
        assert found["parameters"] == 0
        assert found["exact"]
        assert "memory_training" not in found
        assert found["memory_inference"] > 0

    def test_options_are_checked(self, name):
        for option in CASES[name]:
            with pytest.raises(fs.FcnsegError, match=f"{option} = 0"):
                fs.build_net(name, **{option: 0})
