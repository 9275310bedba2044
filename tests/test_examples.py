"""Every example runs as somebody new would run it, and makes what it says."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

import napari_fcnseg as fs
from napari_fcnseg.images.synthetic import CLASSES

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK = ("--steps", "6")


@pytest.fixture
def run(tmp_path):
    """Run an example in an empty folder; returns the lines that it prints."""

    def run(name, *options):
        done = subprocess.run(
            [sys.executable, EXAMPLES / name, *map(str, options)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run


def ids_of(path):
    """Class ids of a file of labels."""
    return np.asarray(fs.open_image(path).data[:])


def test_examples_are_short_and_say_how_to_run_them():
    found = sorted(EXAMPLES.glob("*.py"))
    assert len(found) == 7
    for path in found:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 40, path
        assert f"    python examples/{path.name}" in text.split('"""')[1]


def test_train_from_arrays(run, tmp_path):
    lines = run("train_from_arrays.py", *QUICK, "--size", 128)
    assert lines[0].startswith("step ")
    assert lines[-1].startswith("against the truth: mean IoU 0.")
    model = fs.load_model(tmp_path / "model.zip", check=True)
    assert {c.id: c.name for c in model.classes} == CLASSES
    assert model.provenance["steps"] == 6


def test_batch_from_napari_script(run, tmp_path):
    lines = run("batch_from_napari_script.py", *QUICK)
    assert [line.split(" -> ")[0] for line in lines] == [f"section-{z}.tif" for z in range(4)]
    for line in lines:
        labels = ids_of(tmp_path / line.split(" -> ")[1])
        assert labels.shape == (160, 160)
        assert set(np.unique(labels)) <= set(CLASSES)


def test_predict_large_zarr(run, tmp_path):
    lines = run("predict_large_zarr.py", *QUICK, "--size", 160)
    assert lines[0].endswith(" MB")
    tiles = int(lines[0].split()[0])
    assert lines[1].startswith(f"{tiles} tiles are whole in ")
    labels = tmp_path / "large" / "labels.ome.zarr"
    assert ids_of(labels).shape == (8, 160, 160)
    assert ids_of(labels).all()  # no tile was left out
    assert not labels.with_name("labels.ome.zarr.partial").exists()


def test_distributed_workers(run, tmp_path):
    lines = run("distributed_workers.py", *QUICK)
    assert lines[-1] == f"{Path('cluster', 'labels.ome.zarr')} is the same as from one process"
    assert ids_of(tmp_path / "cluster" / "labels.ome.zarr").all()


def test_finetune(run, tmp_path):
    lines = run("finetune.py", *QUICK)
    assert [line.split(":")[0] for line in lines] == ["before", "before", "after", "after"]
    model = fs.load_model(tmp_path / "both.zip", check=True)
    assert {c.id: c.name for c in model.classes} == CLASSES
    assert model.recipe.steps == 3  # half as many as the first one


def test_use_zoo_model(run, tmp_path):
    lines = run("use_zoo_model.py", *QUICK)
    assert lines == ["classes: background, inside, border"]
    with zipfile.ZipFile(tmp_path / "zoo" / "nuclei.zip") as package:
        (told,) = (n for n in package.namelist() if n.endswith("rdf.yaml"))
        described = yaml.safe_load(package.read(told))
    assert "torchscript" in described["weights"]
    assert described["authors"][0]["name"] == "Ada Lovelace"
    labels = ids_of(tmp_path / "zoo" / "labels.ome.tif")
    assert labels.shape == (192, 192)
    # A package and an image of one's own, in the place of those that it makes.
    given = ("--model", "zoo/nuclei.zip", "--image", "zoo/nuclei.tif", "--out", "mine")
    assert run("use_zoo_model.py", *given) == lines
    assert np.array_equal(ids_of(tmp_path / "mine" / "labels.ome.tif"), labels)


def test_compare_methods(run, tmp_path):
    methods = ["pixel_classifier", "kmeans", "unet_light"]
    lines = run("compare_methods.py", *QUICK, "--size", 128, "--out", "kept", "--methods", *methods)
    assert sorted(line.split()[0] for line in lines) == sorted(methods)
    scores = [float(line.split("mean IoU ")[1][:4]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert {p.name for p in (tmp_path / "kept").glob("*.zarr")} == {
        f"{m}.ome.zarr" for m in methods
    }
