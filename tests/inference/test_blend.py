"""Networks that are not exact: named, certified, blended; and how far tiles differ."""

import dask.array as da
import numpy as np
import pytest
import torch
from tests.conftest import make_model

import napari_fcnseg as fs
from napari_fcnseg.errors import PlanError
from napari_fcnseg.inference.members import plan_members
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.registry import NETS

TILE = 160


class Stretched(SameSizeNet):
    """Up-samples corner to corner: every output depends on the size of the input."""

    cell = 4

    def __init__(self, align):
        super().__init__()
        self.in_channels, self.classes, self.align = 1, 2, align
        self.down = torch.nn.Conv2d(1, 2, 4, stride=4)

    def compute(self, x):
        return torch.nn.functional.interpolate(
            self.down(x), scale_factor=4, mode="bilinear", align_corners=self.align
        )


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (190, 260), dtype=np.uint8)


@pytest.fixture(scope="module")
def inexact():
    """A U-Net with InstanceNorm, which no network here has of itself."""
    model = make_model(width=8)
    for parent in list(model.net.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, torch.nn.BatchNorm2d):
                setattr(parent, name, torch.nn.InstanceNorm2d(layer.num_features))
    return model


def test_the_certificate_of_an_exact_network():
    certificate = make_model(depth=3).net.certificate
    assert certificate.exact
    assert certificate.difference < 1e-5
    assert (certificate.stride, certificate.halo) == ((4, 4), (24, 24))


def test_a_layer_that_breaks_it_is_named(inexact):
    certificate = inexact.net.certificate
    assert not certificate.exact
    assert all("InstanceNorm2d" in name for name in certificate.breaking)
    assert "encoder" in certificate.breaking[0]


def test_what_only_numbers_show_is_found():
    """Influence reaches no further with stretched corners; values do."""
    assert Stretched(False).certificate.exact
    certificate = Stretched(True).certificate
    assert not certificate.exact
    assert certificate.difference > 1e-2
    assert "align_corners=True" in certificate.breaking[0]
    net = Stretched(False)
    net.up = torch.nn.Upsample(scale_factor=4, mode="bilinear", align_corners=True)
    assert net.inexact_layers == ("up (Upsample)",)


def test_the_plan_says_what_it_does(model, inexact, image):
    for used, fades in ((model, False), (inexact, True)):
        (member,) = plan_members([used], fs.Image(image, "YX"), TILE)
        assert member.tiles.certificate.exact is not fades
        assert bool(member.tiles.fade) is fades


def test_blended_tiles_have_no_seams(inexact, image):
    """Steps over the borders of cores, compared with steps elsewhere."""
    found = fs.segment(inexact, image, "probabilities", axes="YX", tile=TILE)
    assert np.allclose(found.sum(0), 1, atol=1e-5)
    whole = fs.segment(inexact, image, "probabilities", axes="YX", tile=4096)
    differs = np.abs(found - whole)[0]
    (member,) = plan_members([inexact], fs.Image(image, "YX"), TILE)
    border = member.tiles.core[1]
    assert border < image.shape[1]
    step = np.abs(np.diff(found[0] - whole[0], axis=1)).mean(0)
    assert step[border - 1] < 3 * np.median(step)
    assert differs.mean() < 0.1


def test_blended_bytes_do_not_depend_on_the_run(inexact, image, tmp_path, monkeypatch):
    from napari_fcnseg.inference import blend

    def run(name, **settings):
        out = tmp_path / name
        fs.predict(inexact, fs.Image(image, "YX"), out, tile=TILE, **settings).wait()
        return fs.open_image(out).read({})

    first = run("a.ome.zarr")
    monkeypatch.setattr(blend, "KEPT", 1)  # every neighbour is computed again
    assert np.array_equal(run("b.ome.zarr"), first)
    labels = fs.segment(inexact, image, axes="YX", tile=TILE)
    assert set(np.unique(labels)) <= {1, 7}


@pytest.mark.parametrize("output", ["labels", "probabilities"])
def test_lazy_tiles_are_blended_too(inexact, image, output):
    whole = fs.segment(inexact, image, output, axes="YX", tile=TILE)
    lazy = fs.segment_lazy(inexact, da.from_array(image, chunks=77), output, tile=TILE)
    assert lazy.numblocks[-1] > 1
    assert np.array_equal(lazy.compute(), whole)
    assert np.array_equal(lazy[..., 60:80, 100:140].compute(), whole[..., 60:80, 100:140])


def test_seams_are_measured(model, inexact, image):
    exact = fs.check_seams(model, image, axes="YX", tile=TILE)
    assert exact.borders >= 2
    assert exact.difference < 1e-5
    assert exact.labels == 0
    blended = fs.check_seams(inexact, image, axes="YX", tile=TILE)
    assert blended.difference > 1e-3
    small = fs.check_seams(model, image, axes="YX", tile=TILE, halo=4)
    assert small.difference > 1e-3
    assert fs.check_seams(model, image[:20, :20], axes="YX").borders == 0


def test_a_smaller_halo_is_calibrated(model, image):
    exact = max(axis.halo for axis in model.net.geometry)
    loose = fs.calibrate(model, image, 0.2, axes="YX")
    tight = fs.calibrate(model, image, 1e-3, axes="YX")
    none = fs.calibrate(model, image, 0.0, axes="YX")
    assert loose.halo < tight.halo <= none.halo == none.exact == exact
    assert 0 < loose.difference <= 0.2
    assert tight.difference <= 1e-3
    assert none.difference == 0
    found = fs.segment(model, image, "probabilities", axes="YX")
    out = np.zeros_like(found)
    fs.predict(
        model, fs.Image(image, "YX"), out, output="probabilities", halo=loose.halo, tile=TILE
    ).wait()
    assert 1e-4 < np.abs(out - found).max() < 0.4  # measured on a sample, not a promise


def test_a_negative_halo_is_none(model, image):
    with pytest.raises(PlanError, match="a halo of -1 pixels is none"):
        fs.predict(model, fs.Image(image, "YX"), np.zeros(image.shape, np.uint8), halo=-1)


@pytest.mark.parametrize("name", [n for n in NETS if n.startswith(("unet", "segnet_basic"))])
def test_certificates_of_the_registry(name):
    options = {"depth": 3, "width": 4} if name.startswith("unet") else {"width": 4}
    assert fs.build_net(name, **options).certificate.exact
