"""The command line as a person types it."""

import dataclasses
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile
import torch

import napari_fcnseg as fs
from napari_fcnseg.cli import main
from napari_fcnseg.inference.tile_work import TileWork
from napari_fcnseg.models.fingerprint import fingerprint
from napari_fcnseg.nets import registry
from tests.conftest import make_model

QUICK = ["--steps", "3"]


@pytest.fixture
def files(painted, tmp_path):
    """An image, strokes and dense labels on disk, and a quick recipe."""
    image, truth, strokes = painted
    axes = {"photometric": "minisblack", "metadata": {"axes": "ZYX"}}
    tifffile.imwrite(tmp_path / "image.tif", image, **axes)
    tifffile.imwrite(tmp_path / "strokes.tif", strokes, **axes)
    tifffile.imwrite(tmp_path / "dense.tif", np.where(truth == 1, 0, 255).astype(np.uint8), **axes)
    net = {"depth": 2, "width": 4, "padding": "same", "norm": "batch"}
    quick = fs.Recipe(net_options=net, patch=32, batch=2, pseudo=0.0)  # without a teacher
    quick.to_toml(tmp_path / "r.toml")
    return tmp_path


def run(*arguments):
    return main([str(a) for a in arguments])


def train(files, *more, out="m.zip"):
    return run(
        "train",
        "--image",
        files / "image.tif",
        "--labels",
        files / "strokes.tif",
        "--recipe",
        files / "r.toml",
        "--out",
        files / out,
        *(more or QUICK),
    )


def test_points_label_disks_of_the_radius(files, capsys):
    clicks = "index,axis-0,axis-1,axis-2,class\n0,1,40,40,cell\n1,4,90,100,gap\n"
    (files / "clicks.csv").write_text(clicks)
    arguments = ["train", "--image", files / "image.tif", "--labels", files / "clicks.csv"]
    arguments += ["--recipe", files / "r.toml", "--out", files / "m.zip", *QUICK, "--json"]
    for options, pixels in (([], 13), (["--radius", "0"], 1)):
        assert run(*arguments, "--overwrite", *options) == 0
        model = fs.load_model(files / "m.zip")
        assert model.provenance["labelled_pixels"] == {"cell": pixels, "gap": pixels}
    assert run(*arguments, "--overwrite", "--radius", "-3") == 4
    assert "the radius -3.0 is none" in capsys.readouterr().err
    (files / "clicks.csv").write_text("axis-0,axis-1\n1,2\n")
    assert run(*arguments, "--overwrite") == 4
    assert "clicks.csv has 1 rows with the columns axis-0, axis-1" in capsys.readouterr().err


def test_training_goes_on_from_a_model(files, capsys):
    assert train(files) == 0
    assert train(files, "--start", files / "m.zip", *QUICK, out="n.zip") == 0
    assert fs.load_model(files / "n.zip").provenance["started_from"]
    assert train(files, "--start", files / "none.zip", *QUICK, out="o.zip") == 6
    arguments = ["train", "--image", files / "image.tif", "--labels", files / "strokes.tif"]
    arguments += ["--start", files / "m.zip", "--out", files / "o.zip", *QUICK]
    assert run(*arguments, "--net", "segnet") == 5  # has no option depth
    assert train(files, "--start", files / "m.zip", "--net", "unet25d", *QUICK, out="o.zip") == 6
    assert "is unet" in capsys.readouterr().err
    assert not (files / "o.zip").exists()


def test_what_a_network_costs(capsys):
    assert run("info", "unet_light", "--tile", 256, "--batch", 2, "--json") == 0
    small = json.loads(capsys.readouterr().out)
    assert (small["tile"], small["batch"]) == ([256, 256], 2)
    assert run("info", "unet_light", "--tile", 512, "--batch", 2) == 0
    shown = capsys.readouterr().out
    assert "MiB" in shown
    assert f"{small['flops_per_pixel']:,}" in shown  # per pixel: no matter of the tile


def test_a_network_that_sees_less_than_was_painted(files, capsys):
    labels = np.zeros((3, 300, 300), np.uint8)
    labels[1, 50:53, 20:170] = 2
    tifffile.imwrite(files / "long.tif", labels, photometric="minisblack", metadata={"axes": "ZYX"})
    assert run("info", "unet_light", "--labels", files / "long.tif") == 0
    found = " ".join(capsys.readouterr().out.split())
    assert "warnings this network sees 92 px; your largest stroke-connected object" in found
    assert "spans 150 px" in found
    assert run("info", "unet", "--labels", files / "long.tif") == 0
    assert "warnings" not in capsys.readouterr().out


def test_a_reader_that_has_seen_enough_is_no_defect():
    done = subprocess.run(
        f"{sys.executable} -m napari_fcnseg info unet3d_light | true; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "defect" not in done.stderr
    assert done.stdout.strip() in ("0", "141")


def test_train_then_predict_then_look(files, capsys):
    assert train(files) == 0
    assert "membrane" not in capsys.readouterr().out
    assert run("predict", files / "m.zip", files / "image.tif", "--out", files / "p.ome.zarr") == 0
    assert capsys.readouterr().out.strip() == str(files / "p.ome.zarr")
    model = fs.load_model(files / "m.zip", check=True)
    expected = fs.segment(model, fs.open_image(files / "image.tif"))
    assert np.array_equal(fs.open_image(files / "p.ome.zarr").read({})[0], expected)


def test_steps_and_seed_make_the_same_model(files, painted):
    image, _, strokes = painted
    assert train(files, "--steps", "3", "--seed", "5") == 0
    recipe = fs.Recipe.from_dict(
        fs.Recipe.from_toml(files / "r.toml").to_dict() | {"steps": 3, "seed": 5}
    )
    here = fs.fit(image, strokes, recipe, axes="ZYX")
    there = fs.load_model(files / "m.zip")
    assert there.recipe == recipe
    for a, b in zip(here.net.parameters(), there.net.parameters(), strict=True):
        assert (a == b).all()


def test_objects_with_ids_of_their_own(files, capsys):
    y, x = np.mgrid[:160, :176] // 16
    ids = np.broadcast_to((1000 + 20 * y + x) * (y % 3 > 0), (6, 160, 176)).astype(np.uint32)
    tifffile.imwrite(files / "ids.tif", ids, photometric="minisblack", metadata={"axes": "ZYX"})
    arguments = ["train", "--image", files / "image.tif", "--recipe", files / "r.toml", *QUICK]
    arguments += ["--out", files / "m.zip", "--json", "--labels"]
    options = ["--instances", "3", "--unpainted", "background"]
    assert run(*arguments, files / "ids.tif", *options) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == {"0": "background", "1": "inside", "2": "border"}
    pixels = fs.load_model(files / "m.zip").provenance["labelled_pixels"]
    objects = fs.Instances(ids, border=3)
    annotation = fs.open_annotation(objects, fs.Image(ids, "ZYX"), unpainted="background")
    assert list(pixels.values()) == [annotation.index.counts[i] for i in range(3)]
    recipe = fs.Recipe.from_toml(files / "r.toml")
    dataclasses.replace(recipe, border_weight=10.0).to_toml(files / "r.toml")
    for code, labels, wrong, said in (
        (4, "ids.tif", [], "holds the id 1170 at Z = 0"),
        (4, "ids.tif", ["--instances", "--classes", "1=cell"], "leave out classes= (--classes)"),
        (4, "clicks.csv", ["--instances"], "points have no border"),
        (4, "ids.tif", ["--instances", "101"], "from 1 to 100"),
        (5, "strokes.tif", [], "border_weight = 10 is of gaps between objects"),
    ):
        assert run(*arguments, files / labels, *wrong, "--overwrite") == code
        assert said in capsys.readouterr().err


def test_an_interrupted_training_goes_on(files, capsys):
    assert train(files, "--steps", "6", out="whole.zip") == 0
    recipe = dataclasses.replace(fs.Recipe.from_toml(files / "r.toml"), steps=6)
    checkpoint = files / "m.zip.checkpoint"
    inputs = files / "image.tif", files / "strokes.tif"
    for event in (job := fs.train(*inputs, recipe, checkpoint=checkpoint)):
        if isinstance(event, fs.events.Step) and event.step == 2:
            job.close()
    capsys.readouterr()
    assert train(files, "--steps", "6") == 8
    assert "go on with it with resume=True (--resume)" in capsys.readouterr().err
    assert checkpoint.exists()
    (files / "m.zip").write_bytes(b"what the interrupted run has saved")
    assert train(files, "--steps", "6", "--resume") == 0
    assert not checkpoint.exists()
    models = [fs.load_model(files / name).net.state_dict() for name in ("whole.zip", "m.zip")]
    assert all(torch.equal(value, models[1][name]) for name, value in models[0].items())
    assert train(files, "--steps", "6", "--resume") == 8  # what is done stays
    assert "exists already" in capsys.readouterr().err


def test_a_training_is_repeated(files, capsys):
    assert train(files, *QUICK, "--device", "cpu") == 0
    capsys.readouterr()
    again = "train", "--from", files / "m.zip", "--out", files / "again.zip", "--device", "cpu"
    assert run(*again, "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["same_weights"] is True
    assert run(*again, "--overwrite", "--steps", 9, "--image", "x.tif") == 2
    assert "--image, --steps would change it" in capsys.readouterr().err
    assert run("train", "--out", files / "new.zip") == 2
    assert "--image and --labels is missing" in capsys.readouterr().err


def test_what_a_model_learned_from_is_replayed(files, capsys):
    assert train(files, *QUICK) == 0
    fine = "--start", files / "m.zip", "--labels", files / "strokes.tif", "all=1"
    fine += "--image", files / "image.tif", files / "image.tif"
    assert train(files, *QUICK, *fine, "--replay", out="n.zip") == 0
    assert len(fs.load_model(files / "n.zip").provenance["images"]) == 3
    assert train(files, *QUICK, *fine, "--replay", files / "image.tif", out="o.zip") == 2
    assert "give the labels behind each image" in capsys.readouterr().err


def test_values_of_a_label_file_are_mapped(files, capsys):
    assert run(
        "train", "--image", files / "image.tif", "--labels", files / "dense.tif", "--recipe",
        files / "r.toml", "--steps", 2, "--classes", "0=membrane,255=cell",
        "--out", files / "m.zip", "--json",
    ) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == {"1": "membrane", "255": "cell"}
    assert found["steps"] == 2


def test_background_of_dense_labels(files, capsys):
    assert run(
        "train", "--image", files / "image.tif", "--labels", files / "dense.tif", "--recipe",
        files / "r.toml", "--steps", 2, "--unpainted", "background", "--out", files / "m.zip",
    ) == 0  # fmt: skip
    assert "0: background, 255: class 255" in capsys.readouterr().out


def test_several_images_go_into_a_folder_and_one_bad_one_stops_no_other(files, capsys):
    train(files)
    capsys.readouterr()
    (files / "bad.tif").write_text("no image")
    code = run(
        "predict", files / "m.zip", files / "image.tif", files / "bad.tif", files / "strokes.tif",
        "--out", files / "all", "--json", "--output", "probabilities",
    )  # fmt: skip
    assert code == 3
    out, err = capsys.readouterr()
    found = [entry["output"] for entry in json.loads(out)]
    assert found == [str(files / f"all/{n}.probabilities.ome.zarr") for n in ("image", "strokes")]
    assert "bad.tif cannot be read as TIFF" in err


PREDICT = "predict m.zip image.tif --out p.zarr"
TRAIN = "train --image image.tif --labels strokes.tif --out x.zip"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (PREDICT.replace("m.zip", "none.zip"), 6, "none.zip does not exist"),
        (PREDICT.replace("image.tif", "none.tif"), 3, "none.tif does not exist"),
        (PREDICT.replace("p.zarr", "strokes.tif"), 8, "strokes.tif exists already"),
        (PREDICT.replace("image.tif", "image.tif image.tif"), 8, "2 images do not fit"),
        (f"{PREDICT} --tile 8", 5, "no room"),
        (f"{PREDICT} --device cuda:9", 7, "not there"),
        ("info nothing", 3, "nothing does not exist"),
        (TRAIN.replace("strokes.tif", "image.tif"), 4, "different ids"),
        (f"{TRAIN} --net vnet", 5, "unknown network"),
        (TRAIN.replace("x.zip", "m.zip"), 8, "m.zip exists"),
        (f"{TRAIN} --recipe no.toml", 5, "cannot read the recipe"),
        (f"{TRAIN} --classes a", 4, "VALUE=NAME"),
    ],
)
def test_errors_are_one_line_with_a_code(files, capsys, monkeypatch, command, code, said):
    train(files)
    capsys.readouterr()
    monkeypatch.chdir(files)
    assert run(*command.split()) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("fcnseg: ")
    assert err.count("\n") == 1
    assert not (files / "x.zip").exists()
    assert not (files / "p.zarr").exists()


def test_debug_shows_the_traceback(files):
    with pytest.raises(fs.FcnsegError):
        run("info", files / "none.tif", "--debug")


def test_defects_are_told_as_such(capsys, monkeypatch):
    monkeypatch.setattr("napari_fcnseg.nets.describe.describe", lambda *_, **__: 1 / 0)
    assert run("nets") == 1
    assert "ZeroDivisionError: division by zero. This is a defect" in capsys.readouterr().err


def test_wrong_usage(capsys):
    with pytest.raises(SystemExit) as found:
        run("train", "--image", "a.tif")
    assert found.value.code == 2


@pytest.fixture
def ctrl_c():
    """Interrupts arrive, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_waits_for_the_step_that_runs(files, capsys, monkeypatch):
    """Ctrl-C waits for the step that runs, so that nothing of the run is lost."""
    from napari_fcnseg.training.trainer import Trainer

    assert train(files, "--steps", "8") == 0
    whole = (files / "m.zip").rename(files / "whole.zip")
    step = Trainer.step

    def interrupted(self, progress):
        if self.steps == 3:
            signal.raise_signal(signal.SIGINT)
        return step(self, progress)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "step", interrupted)
        assert train(files, "--steps", "8") == 130
    told = capsys.readouterr().err
    assert "ends after this step" in told
    assert "--resume goes on with it" in told
    assert fs.load_model(files / "m.zip").provenance["steps"] <= 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert train(files, "--steps", "8", "--resume") == 0
    one, other = (fingerprint(fs.load_model(p)) for p in (whole, files / "m.zip"))
    assert one == other
    assert not (files / "m.zip.checkpoint").exists()


def test_who_ignores_ctrl_c_is_not_interrupted(files, monkeypatch, ctrl_c):
    from napari_fcnseg.training.trainer import Trainer

    step = Trainer.step

    def interrupted(self, progress):
        signal.raise_signal(signal.SIGINT)
        return step(self, progress)

    monkeypatch.setattr(Trainer, "step", interrupted)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert train(files) == 0
    assert fs.load_model(files / "m.zip").provenance["steps"] == 3


@pytest.mark.usefixtures("ctrl_c")
def test_a_second_interrupt_ends_a_training_at_once(files, capsys, monkeypatch):
    from napari_fcnseg.training.trainer import Trainer

    def interrupted(self, progress):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trainer, "step", interrupted)
    assert train(files, "--steps", "8") == 130
    assert capsys.readouterr().err.rstrip().endswith("fcnseg: interrupted")
    assert not (files / "m.zip").exists()


def test_an_image_unlike_the_training_is_told(files, capsys):
    train(files)
    dark = tifffile.imread(files / "image.tif") // 16
    tifffile.imwrite(files / "dark.tif", dark)
    out = ("--out", files / "out", "--axes", "ZYX", "--overwrite")
    for command in (("predict",), ("batch",), ("predict", "--dry-run")):
        capsys.readouterr()
        for image, told in (("dark.tif", True), ("image.tif", False)):
            assert run(command[0], files / "m.zip", files / image, *command[1:], *out) == 0
            assert ("dark has grey values of" in capsys.readouterr().err) == told


def test_interrupted_training_keeps_the_best_model(files, capsys, monkeypatch):
    from napari_fcnseg.training.trainer import Trainer

    step = Trainer.step

    def interrupted(self, progress):
        if self.steps == 4:
            raise KeyboardInterrupt
        return step(self, progress)

    monkeypatch.setattr(Trainer, "step", interrupted)
    assert train(files, "--steps", "50") == 130
    assert "interrupted: the best model so far is saved" in capsys.readouterr().err
    assert fs.load_model(files / "m.zip", check=True).provenance["steps"] <= 4


def test_interrupted_prediction(files, capsys, monkeypatch):
    train(files)

    def interrupted(self, *tile):
        raise KeyboardInterrupt

    monkeypatch.setattr("napari_fcnseg.inference.runner.Runner.__call__", interrupted)
    assert run("predict", files / "m.zip", files / "image.tif", "--out", files / "p.ome.tif") == 130
    assert capsys.readouterr().err.rstrip().endswith("fcnseg: interrupted")
    assert not (files / "p.ome.tif").exists()


def test_an_interrupted_prediction_goes_on_and_is_verified(files, capsys, monkeypatch):
    train(files)
    job = ["predict", files / "m.zip", files / "image.tif", "--out", files / "p.ome.zarr"]
    work = TileWork.__call__

    def interrupted(self, number):
        if number == 2:
            raise KeyboardInterrupt
        return work(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(TileWork, "__call__", interrupted)
        assert run(*job, "--resume") == 130
    capsys.readouterr()
    assert run(*job, "--dry-run", "--json") == 0
    (cost,) = json.loads(capsys.readouterr().out).values()
    assert (cost["tiles"], cost["core"][0], cost["halo"][0]) == (6, 1, 0)
    assert cost["tile"][1] >= cost["core"][1] + 2 * cost["halo"][1]
    assert 0 < cost["seconds"] < 60
    assert cost["memory"] > 1e5
    assert cost["disk"] > 0
    assert run(*job) == 8
    assert "go on with it" in capsys.readouterr().err
    assert run("verify", files / "p.ome.zarr") == 0
    assert "2 finished ones of 6 tiles" in capsys.readouterr().out
    assert run(*job, "--resume") == 0
    capsys.readouterr()
    assert run("verify", files / "p.ome.zarr", "--json") == 0
    assert json.loads(capsys.readouterr().out)["checked"] == 6
    (files / "p.ome.zarr" / "0" / "c" / "1" / "0" / "0").unlink()
    assert run("verify", files / "p.ome.zarr") == 8
    shown = capsys.readouterr()
    assert "Z=1:2,Y=0:" in shown.out
    assert "predict --resume" in shown.err
    assert run(*job, "--resume") == 0
    assert run("verify", files / "p.ome.zarr") == 0
    assert "all 6 tiles are as they were written" in capsys.readouterr().out
    assert run("verify", files / "none.ome.zarr") == 8


def test_overwriting_is_asked_for(files):
    assert train(files) == 0
    assert train(files) == 8
    assert train(files, *QUICK, "--overwrite") == 0


def test_nets_as_json(capsys, monkeypatch):
    monkeypatch.setattr(registry, "NETS", {n: registry.NETS[n] for n in ("unet", "segnet")})
    assert run("nets", "--json") == 0
    unet, segnet = json.loads(capsys.readouterr().out)
    assert (unet["parameters"], segnet["net"]) == (31_030_658, "segnet")


def test_nets_and_info(files, capsys):
    assert run("nets") == 0
    told = capsys.readouterr().out
    assert "31,030,658" in told
    assert all(name in told for name in fs.list_nets())
    assert run("info", "unet") == 0
    assert "188-204" in capsys.readouterr().out
    assert run("info", files / "image.tif", "--json") == 0
    assert json.loads(capsys.readouterr().out)["axes"] == "ZYX"
    assert run("info", files / "image.tif", "--tile", "512") == 3
    assert "--tile, --batch and --labels tell what a network" in capsys.readouterr().err
    train(files)
    capsys.readouterr()
    assert run("info", files / "m.zip", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["options"]["depth"] == 2
    assert found["labelled_pixels"]["class 1"] > 0
    assert run("info", files / "m.zip") == 0


def test_axes_are_asked_for_and_can_be_stated(files, painted, capsys):
    tifffile.imwrite(files / "plain.tif", painted[0], photometric="minisblack", metadata=None)
    train(files)
    assert run("predict", files / "m.zip", files / "plain.tif", "--out", files / "p.ome.tif") == 3
    assert "ZYX (a stack of slices)" in capsys.readouterr().err
    assert run(
        "predict", files / "m.zip", files / "plain.tif", "--axes", "ZYX",
        "--out", files / "p.ome.tif",
    ) == 0  # fmt: skip


def test_the_installed_command_starts_quickly_and_shows_its_version():
    done = subprocess.run(
        [sys.executable, "-m", "napari_fcnseg", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"fcnseg {fs.__version__}"


def test_the_real_stack(data, tmp_path, capsys):
    folder = data / "isbi2012"
    assert run(
        "train", "--image", folder / "train-volume.tif", "--labels", folder / "train-labels.tif",
        "--classes", "0=membrane,255=cell", "--steps", 30, "--out", tmp_path / "m.zip", "--json",
    ) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert found["validation"]["cell"] > 0.6
    assert run(
        "predict", tmp_path / "m.zip", folder / "test-volume.tif", "--out", tmp_path / "p.ome.zarr"
    ) == 0  # fmt: skip
    image = fs.open_image(tmp_path / "p.ome.zarr")
    assert (image.axes, image.shape) == ("ZYX", (30, 512, 512))
    assert 0.05 < (image.read({}) == 1).mean() < 0.6


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (f"{PREDICT} --tile -5", 5, "a tile of -5 pixels"),
        (f"{PREDICT} --tile 0", 5, "a tile of 0 pixels"),
        ("predict m.zip image.tif --out image.tif --overwrite", 8, "where the image itself is"),
        ("predict m.zip image.tif --out precious.zarr --overwrite", 8, "other files in it"),
        ("predict m.zip image.tif --out s.png", 8, "neither a folder nor"),
        (f"{TRAIN[:-5]}x.tif", 8, "ends in .zip"),
        (f"{TRAIN[:-5]}image.tif/x.zip", 8, "cannot write"),
        ("info image.tif --axes YX", 3, "axes 'YX' are 2, dimensions are 3"),
        (f"{TRAIN} --classes 1=a,2=a,3=b", 4, "both called 'a'"),
    ],
)
def test_what_fresh_eyes_found(files, capsys, monkeypatch, command, code, words):
    monkeypatch.chdir(files)
    make_model().save(files / "m.zip")
    (files / "precious.zarr").mkdir()
    (files / "precious.zarr/notes.txt").write_text("years of work")
    before = (files / "image.tif").read_bytes()
    assert run(*command.split()) == code
    assert words in capsys.readouterr().err
    assert (files / "image.tif").read_bytes() == before
    assert (files / "precious.zarr/notes.txt").exists()
    assert not (files / "x.tif").exists()


def test_a_budget_of_no_steps_is_wrong_usage(files, capsys):
    with pytest.raises(SystemExit) as stopped:
        train(files, "--steps", "0")
    assert stopped.value.code == 2
    assert "0 is not at least 1" in capsys.readouterr().err


def test_two_images_of_one_name_do_not_meet(files, capsys):
    train(files)
    (files / "b").mkdir()
    (files / "b/image.tif").write_bytes((files / "image.tif").read_bytes())
    images = files / "image.tif", files / "b/image.tif"
    assert run("predict", files / "m.zip", *images, "--out", files / "all", "--overwrite") == 8
    assert "would go to the same" in capsys.readouterr().err


def test_kinds_members_mask_and_seams(files, capsys):
    train(files)
    train(files, "--steps", "4", "--seed", "5", out="n.zip")
    mask = np.zeros((160, 176), np.uint8)
    mask[40:90, 30:150] = 1
    tifffile.imwrite(files / "mask.tif", mask, photometric="minisblack")
    capsys.readouterr()
    job = ("predict", files / "m.zip", files / "image.tif", "--out", files / "out")
    more = ("--ensemble", files / "n.zip", "--mask", files / "mask.tif", "--augment", "flips")
    assert run(*job, *more, "--output", "labels,probabilities-u8", "--check-seams", "--json") == 0
    shown = capsys.readouterr()
    assert "seams: a single tile" in shown.err
    labels, shares = (entry["output"] for entry in json.loads(shown.out))
    found = fs.open_image(labels).read({})[0]
    assert np.array_equal(found[0] > 0, mask > 0)
    assert fs.open_image(shares).dtype == np.uint8
    models = [fs.load_model(files / name) for name in ("m.zip", "n.zip")]
    expected = fs.segment(models, files / "image.tif", augment="flips")
    assert np.array_equal(found, np.where(mask, expected, 0))


def test_a_region(files, capsys):
    train(files)
    model, image = files / "m.zip", files / "image.tif"
    job = ("predict", model, image, "--region", "Z=1,Y=:70,X=30:100")
    capsys.readouterr()
    assert run(*job, "--out", files / "a.ome.zarr", "--dry-run", "--json") == 0
    (cost,) = json.loads(capsys.readouterr().out).values()
    assert cost["tiles"] == 1
    assert run(*job, "--out", files / "a.ome.zarr") == 0
    found = fs.open_image(files / "a.ome.zarr").read({})[0]
    assert np.array_equal(found, fs.segment(fs.load_model(model), image)[1:2, :70, 30:100])
    plane = ("classical", "blobs", image, files / "b.ome.tif", "--region", "Z=2")
    assert run(*plane) == 0
    blobs = fs.segment(fs.classical_method("blobs", fs.open_image(image)), image)
    assert np.array_equal(fs.open_image(files / "b.ome.tif").read({})[0], blobs[2])  # one page
    capsys.readouterr()
    far = (*job[:-1], "Z=77", "--out", files / "c.ome.zarr")
    assert run(*far) == run(*far, "--dry-run") == 3
    assert capsys.readouterr().err.count("Z=77:78 is not in image") == 2
    with pytest.raises(SystemExit):
        run(*job[:-1], "Z7", "--out", files / "c.ome.zarr")
    assert "for example Z=10:20" in capsys.readouterr().err
    assert not (files / "c.ome.zarr").exists()


def test_tiles_with_less_context(files, capsys):
    train(files)
    capsys.readouterr()
    job = ("predict", files / "m.zip", files / "image.tif", "--tile", "96")
    assert run(*job, "--out", files / "a.ome.tif", "--tolerance", "1", "--check-seams") == 0
    told = capsys.readouterr().err
    assert "halo 0 px (exact: 8); probabilities differ by at most 0." in told
    assert "borders, " in told
    assert run(*job, "--out", files / "b.ome.tif", "--tolerance", "0") == 0
    assert "halo 8 px (exact: 8); probabilities differ by at most 0 on" in capsys.readouterr().err
    found = fs.open_image(files / "b.ome.tif").read({})[0]
    model = fs.load_model(files / "m.zip")
    assert np.array_equal(found, fs.segment(model, files / "image.tif", tile=96))


def test_labels_into_their_image(files, capsys):
    train(files)
    image = files / "image.ome.zarr"
    run("predict", files / "m.zip", files / "image.tif", "--out", image)
    capsys.readouterr()
    inside = image / "labels" / "again"
    assert run("predict", files / "m.zip", image, "--out", inside) == 0
    assert capsys.readouterr().out.strip() == str(inside)
    assert run("verify", inside) == 0


def test_where_to_paint_next(files, capsys):
    make_model().save(files / "m.zip")
    job = ["suggest", files / "m.zip", files / "image.tif", "--labels", files / "strokes.tif"]
    job += ["--regions", "3", "--size", "64", "--every", "2"]
    assert run(*job, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    regions = fs.suggest_regions(
        fs.load_model(files / "m.zip"), files / "image.tif", files / "strokes.tif",
        regions=3, size=64, every=2,
    )  # fmt: skip
    assert found == json.loads(json.dumps([dataclasses.asdict(region) for region in regions]))
    assert run(*job) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["rank", "Z", "Y", "X", "size", "score", "labelled", "unsure", "between"]
    z, y, x = (start for start, _ in regions[0].spans)
    assert rows[0].split()[:7] == ["1", str(z), str(y), str(x), "64", "x", "64"]
    assert rows[0].endswith(" and ".join(regions[0].classes))
    assert len(rows) == 3
    assert run(*job, "--region", "Z=3:5,X=100:", "--json") == 0
    for region in json.loads(capsys.readouterr().out):
        (z, _), _, (x, _) = region["spans"]
        assert z in (3, 4)
        assert x >= 100


def test_nothing_is_left_to_paint(files, capsys):
    make_model().save(files / "m.zip")
    full = np.full((6, 160, 176), 2, np.uint8)
    tifffile.imwrite(files / "full.tif", full, metadata={"axes": "ZYX"})
    job = ["suggest", files / "m.zip", files / "image.tif", "--labels", files / "full.tif"]
    assert run(*job) == 0
    assert (
        capsys.readouterr().out
        == "nothing is left to paint: every region is labelled by more than half\n"
    )
    assert run(*job, "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
