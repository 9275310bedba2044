"""What stands between a model and an image is found before it is run, in words that help."""

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.images.pixel_size import PixelSize
from napari_fcnseg.images.synthetic import synthetic_em
from napari_fcnseg.inference import doctor
from napari_fcnseg.nets import why_no_gpu as gpu

TALL = (3, 200, 220)


def noise(shape=TALL, low=64, high=193, seed=0):
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.uint8)


def kinds(found):
    return [finding.kind for finding in found]


@pytest.fixture(autouse=True)
def with_gpu(monkeypatch):
    """Tests below say something of graphics cards only where they mean to."""
    monkeypatch.setattr(doctor, "why_no_gpu", lambda: None)


def test_nothing_is_found_where_all_is_well(model):
    assert fs.check_data(model, noise(), axes="ZYX") == ()


def test_only_small_windows_are_read(model):
    class Watched:
        shape, dtype, read = (400, 30_000, 30_000), np.dtype(np.uint8), 0

        def __getitem__(self, region):
            along = zip(region, self.shape, strict=True)
            block = noise([len(range(*s.indices(n))) for s, n in along])
            Watched.read += block.size
            return block

    assert fs.check_data(model, fs.Image(Watched(), "ZYX")) == ()
    assert 0 < Watched.read < 100_000


def test_unclear_axes_are_asked_for(model):
    (found,) = fs.check_data(model, noise())
    assert (found.kind, found.weight) == ("axes", "error")
    assert "ZYX" in [fix.axes for fix in found.fixes]
    fix = next(fix for fix in found.fixes if fix.axes == "TYX")
    with pytest.raises(fs.FcnsegError):
        fs.segment(model, noise())
    assert fs.mend(fix, model, fs.Image(noise(), "ZYX"))[1].axes == "TYX"


def test_grey_pictures_in_colours_are_read_as_grey(model):
    image = fs.Image(np.stack([noise()] * 3, -1), "ZYXC", name="scan")
    (found,) = fs.check_data(model, image)
    assert (found.kind, found.weight) == ("grey", "error")
    assert "scan has 3 channels that are equal" in found.text
    _, grey = fs.mend(found.fixes[0], model, image)
    assert fs.check_data(model, grey) == ()
    assert np.array_equal(fs.segment(model, grey), fs.segment(model, noise(), axes="ZYX"))


def test_other_channels_are_refused_in_the_words_of_predict(model):
    image = fs.Image(np.stack([noise(seed=i) for i in range(3)]), "CZYX", name="stains")
    (found,) = fs.check_data(model, image)
    assert (found.kind, found.weight, found.fixes) == ("channels", "error", ())
    with pytest.raises(fs.FcnsegError) as error:
        fs.segment(model, image)
    assert found.text == str(error.value)


def test_grey_for_a_model_of_colours_is_told():
    model = make_model(in_channels=3)
    image = fs.Image(np.stack([noise()] * 3, -1), "ZYXC", name="scan")
    assert kinds(fs.check_data(model, image)) == ["grey"]


def test_another_pixel_size_is_resampled(model):
    model = replace(model, pixel_size=PixelSize(8, 8, "nanometer"))
    image = fs.Image(noise(), "ZYX", (50, 4, 4), ("nanometer",) * 3, "fine")
    (found,) = fs.check_data(model, image)
    assert found.kind == "pixel size"
    assert "fine has 4 nm per pixel" in found.text
    assert "2 times larger" in found.text
    _, coarse = fs.mend(found.fixes[0], model, image)
    assert coarse.shape == (3, 100, 110)
    assert coarse.scale == (50, 8, 8)
    assert "pixel size" not in kinds(fs.check_data(model, coarse))
    nearly = replace(image, scale=(50, 8.3, 8.3))
    assert fs.check_data(model, nearly) == ()


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(200, 256, "brighter"), (0, 30, "darker"), (120, 137, "poorer in contrast")],
)
def test_other_grey_values_are_told_with_numbers(model, low, high, word):
    image = noise(low=low, high=high)
    (found,) = fs.check_data(model, image, axes="ZYX")
    assert found.kind == "grey values"
    assert word in found.text
    assert "64 to 192" in found.text
    own, _ = fs.mend(found.fixes[0], model, fs.Image(image, "ZYX"))
    assert fs.check_data(own, image, axes="ZYX") == ()
    assert own.name != model.name
    assert not model.normalisation.each


@pytest.mark.parametrize("kind", ["percentile", "mean_std"])
@pytest.mark.parametrize("seed", [1, 2])
def test_images_like_those_that_were_learned_from_are_no_cause_for_alarm(model, kind, seed):
    from napari_fcnseg.images.normalise import fit_normalisation

    learned, seen = (synthetic_em((4, 256, 256), seed=s)[0] for s in (0, seed))
    normalisation = fit_normalisation([fs.Image(learned, "ZYX")], kind)
    model = replace(
        model, normalisation=normalisation, sample=learned[:1, :128, :128].astype(np.float32)
    )
    assert fs.check_data(model, seen, axes="ZYX") == ()
    found = fs.check_data(model, 255 - seen, axes="ZYX")
    assert "inverted" in kinds(found)


def test_an_image_without_contrast_may_be_empty(model):
    (found,) = fs.check_data(model, np.full((90, 90), 7, np.uint8))
    assert "is 7 wherever it was looked at" in found.text


def test_an_image_smaller_than_what_the_network_sees_is_noted(model):
    (found,) = fs.check_data(model, noise((12, 14)))
    assert (found.kind, found.weight) == ("small", "note")
    assert "has 12 pixels along Y" in found.text


def test_labels_of_another_image_or_model_are_told(model):
    assert fs.check_data(model, noise(), np.full(TALL, 7, np.uint8), axes="ZYX") == ()
    (found,) = fs.check_data(model, noise(), np.ones((3, 90, 90), np.uint8), axes="ZYX")
    assert (found.kind, found.weight) == ("labels", "error")
    assert "3 x 90 x 90" in found.text
    (found,) = fs.check_data(model, noise(), np.full(TALL, 5, np.uint8), axes="ZYX")
    assert "have 5, which" in found.text
    assert "1 membrane, 7 cell" in found.text
    assert fs.check_data(None, noise(), np.full(TALL, 5, np.uint8), axes="ZYX") == ()


def test_the_gravest_comes_first(model):
    image = fs.Image(noise((12, 14, 3), low=200, high=256), "YXC")
    found = fs.check_data(model, image)
    assert [f.weight for f in found] == ["error", "note"]


def test_why_no_graphics_card_is_found(model, monkeypatch):
    monkeypatch.setattr(doctor, "why_no_gpu", gpu.why_no_gpu)
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu.torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(gpu.platform, "system", lambda: "Linux")
    monkeypatch.setattr(gpu.torch.version, "hip", None)
    reasons = []
    for cuda, tool in ((None, None), ("13.0", None), ("13.0", "/usr/bin/nvidia-smi")):
        monkeypatch.setattr(gpu.torch.version, "cuda", cuda)
        monkeypatch.setattr(gpu.shutil, "which", lambda name, tool=tool: tool)
        (found,) = fs.check_data(model, noise(), axes="ZYX")
        assert (found.kind, found.weight) == ("no GPU", "note")
        reasons.append(found.text)
    assert "without CUDA" in reasons[0]
    assert "no NVIDIA driver" in reasons[1]
    assert "update the driver" in reasons[2]
    assert fs.check_data(model, noise(), axes="ZYX", device="cpu") == ()
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: True)
    assert fs.check_data(model, noise(), axes="ZYX") == ()
