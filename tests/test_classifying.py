"""The command that segments without a network."""

import json

import numpy as np
import pytest
import tifffile

import napari_fcnseg as fs
from napari_fcnseg.cli import main


@pytest.fixture
def folder(tmp_path):
    """A stack of two halves with strokes on its first plane."""
    truth = np.where(np.arange(80) < 40, 1, 2)[None].repeat(64, 0)
    noise = np.random.default_rng(0).normal(0, 10, (3, 64, 80))
    strokes = np.zeros((3, 64, 80), np.uint8)
    strokes[0, 10:14, 5:30], strokes[0, 40:44, 50:75] = 1, 2
    image = (60 + 90 * (truth == 2) + noise).clip(0, 255).astype(np.uint8)
    for name, array in (("image", image), ("strokes", strokes)):
        axes = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}
        tifffile.imwrite(tmp_path / f"{name}.tif", array, **axes)
    return tmp_path


def run(folder, method, out, *more, strokes=True):
    given = ["--strokes", folder / "strokes.tif"] if strokes else []
    arguments = ["classical", method, folder / "image.tif", folder / out, *given, *more]
    return main([str(a) for a in arguments])


def labels(path):
    return fs.open_image(path).read({})[0]


@pytest.mark.parametrize("out", ["a.ome.zarr", "a.ome.tif"])
def test_from_files_to_a_file(folder, capsys, out):
    options = ("--option", "sigma=2", "--classes", "1=dark,2=bright", "--json")
    assert run(folder, "watershed", out, *options) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["output"] == str(folder / out)
    assert "note: 2 of 3 planes have no strokes and stay unlabelled" in told.err
    found = labels(folder / out)
    assert (found[0] == np.where(np.arange(80) < 40, 1, 2)).mean() > 0.99
    assert not found[1:].any()
    strokes = tifffile.imread(folder / "strokes.tif")
    method = fs.classical_method("watershed", folder / "image.tif", strokes, sigma=2.0)
    assert np.array_equal(found, fs.segment(method, folder / "image.tif"))


def test_masks_versions_and_going_on(folder, capsys):
    mask = np.zeros((64, 80), np.uint8)
    mask[20:30] = 1
    tifffile.imwrite(folder / "mask.tif", mask)
    assert run(folder, "growing", "a.zarr", "--mask", folder / "mask.tif", "--ngff", "0.4") == 0
    found = labels(folder / "a.zarr")
    assert np.array_equal(found[0] > 0, mask > 0)
    assert run(folder, "growing", "a.zarr") == 8
    assert "exists already" in capsys.readouterr().err
    assert run(folder, "growing", "a.zarr", "--resume") == 8
    assert "begun with another mask" in capsys.readouterr().err
    assert run(folder, "growing", "a.zarr", "--overwrite") == 0
    assert run(folder, "growing", "a.zarr", "--resume") == 0
    assert run(folder, "growing", "a.zarr", "--resume", "--option", "distance=0.5") == 8
    told = capsys.readouterr().err
    assert "begun with another options ({'distance': 0.001, 'sigma': 1.0} then" in told


def test_blobs_need_no_strokes(folder):
    options = ("--option", "dark=true", "min_radius=2", "--option", "channel=0")
    assert run(folder, "blobs", "a.ome.tif", *options, strokes=False) == 0
    assert set(np.unique(labels(folder / "a.ome.tif"))) <= {1, 2}


def test_mistakes_are_told_with_the_way_out(folder, capsys):
    for method, more, strokes, code, told in (
        ("grow", (), True, 5, "did you mean 'growing'?"),
        ("growing", (), False, 4, "--strokes"),
        ("growing", ("--option", "sigma"), True, 2, "'sigma' is not NAME=VALUE, for example dist"),
        ("growing", ("--option", "sigma=a"), True, 2, "sigma = 'a' is not a number"),
        ("growing", ("--option", "sgma=1"), True, 5, "did you mean 'sigma'?"),
        ("growing", ("--option", "sigma=-1"), True, 5, "sigma = -1.0 is not within"),
        ("blobs", ("--option", "dark=1"), False, 2, "dark = '1' is not true or false"),
        ("blobs", (), True, 5, "blobs needs no strokes: leave them out (--strokes)"),
        ("growing", ("--classes", "1=dark"), True, 4, "in none of the classes"),
    ):
        assert run(folder, method, "a.ome.zarr", *more, strokes=strokes) == code
        assert told in capsys.readouterr().err
    assert not (folder / "a.ome.zarr").exists()
