"""The lines of scripts and commands, also for names that no shell likes."""

import ast
import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import napari_fcnseg as fs
from napari_fcnseg.cli import make_parser
from napari_fcnseg.scripts.predict_run import PredictRun
from napari_fcnseg.scripts.train_run import TrainRun

HARD = (
    "my stack.tif",
    "it's.tif",
    'a "b" $HOME `c`.tif',
    "Zell-Ü µm 细胞.tif",
    "a\\b;c&d.tif",
    "-x.tif",
)
ECHO = f"{shlex.quote(sys.executable)} -c 'import json, sys; print(json.dumps(sys.argv[1:]))'"


def executed(text, monkeypatch, *names):
    """Run a script with functions of ours replaced; return what each was called with."""
    calls = {}

    class Result:
        def save(self, *args):
            calls["save"] = args

        def wait(self):
            calls["wait"] = ()

    def note(name):
        def call(*args, **options):
            calls[name] = (args, options)
            return Result()

        return call

    for name in names:
        monkeypatch.setattr(fs, name, note(name))
    exec(compile(text, "script.py", "exec"), {})
    return calls


@pytest.mark.parametrize("name", HARD)
def test_paths_come_through_python_and_shell(name, monkeypatch, tmp_path):
    image, labels, out = (tmp_path / f"{part} {name}" for part in ("image", "labels", "model"))
    run = TrainRun(image, labels, out.with_suffix(".zip"), axes="ZYX")
    calls = executed(run.python(), monkeypatch, "fit")
    assert calls["fit"][0][:2] == (str(image), str(labels))
    assert calls["save"] == (str(out.with_suffix(".zip")),)
    if os.name == "posix":
        line = run.command().replace("fcnseg", ECHO, 1)
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, text=True)
        told = make_parser().parse_args(json.loads(done.stdout))
        assert (told.image, told.labels, told.axes) == ([str(image)], [str(labels)], "ZYX")
        assert told.out == out.with_suffix(".zip")


def test_a_script_says_only_what_is_not_as_usual():
    run = TrainRun(Path("a.tif"), Path("b.ome.zarr"), Path("my model.zip"))
    assert run.python().splitlines() == [
        "import napari_fcnseg as fs",
        "",
        "recipe = fs.Recipe()",
        "model = fs.fit('a.tif', 'b.ome.zarr', recipe, name='my model')",
        "model.save('my model.zip')",
    ]
    assert run.command() == "fcnseg train --image a.tif --labels b.ome.zarr --out 'my model.zip'"


def test_all_that_decides_a_training_is_in_its_script(monkeypatch, tmp_path):
    recipe = fs.Recipe(
        net="unet", net_options={"depth": 3, "up": "nearest"}, class_weights=[1.0, 2.5],
        steps=70, minutes=9.0, rate=1.25e-5, rotate="any", flip=False, seed=4,
    )  # fmt: skip
    run = TrainRun(
        tmp_path / "a", tmp_path / "b", tmp_path / "c.zip", recipe, tmp_path / "r.toml", "TZYX",
        3, "background", tmp_path / "start.zip", "cpu", ("strokes were added",),
    )  # fmt: skip
    text = run.python()
    assert text.startswith("# strokes were added\n")
    assert len(text.splitlines()) < 20
    assert max(map(len, text.splitlines())) <= 100 or str(tmp_path) in text
    assert "minutes" not in text  # steps go first
    (_, labels, told), options = executed(text, monkeypatch, "fit")["fit"]
    assert told == fs.Recipe.from_dict(recipe.to_dict() | {"minutes": 2.0})
    assert (labels.ids, labels.border) == (str(tmp_path / "b"), 3)
    assert options == {
        "name": "c", "axes": "TZYX", "unpainted": "background",
        "start": str(tmp_path / "start.zip"), "device": "cpu",
    }  # fmt: skip
    told = make_parser().parse_args(shlex.split(run.command())[1:])
    assert told.recipe == tmp_path / "r.toml"
    assert (told.axes, told.instances, told.unpainted) == ("TZYX", 3, "background")
    assert (told.start, told.device) == (tmp_path / "start.zip", "cpu")


def test_a_recipe_that_options_can_tell_needs_no_file(tmp_path):
    recipe = fs.Recipe(net="segnet", steps=70, seed=3)
    run = TrainRun(tmp_path / "a", tmp_path / "b", tmp_path / "c.zip", recipe)
    told = make_parser().parse_args(shlex.split(run.command())[1:])
    assert (told.recipe, told.net, told.steps, told.seed) == (None, "segnet", 70, 3)


def test_names_in_comments_cannot_become_code(tmp_path):
    note = "layer 'x'\nimport os; os.abort()\r\x0c was painted " + "on and on " * 20
    text = TrainRun(tmp_path / "a", tmp_path / "b", tmp_path / "c.zip", notes=(note,)).python()
    tree = ast.parse(text)
    assert ast.unparse(tree.body[0]) == "import napari_fcnseg as fs"
    assert len(tree.body) == 4


def test_a_prediction(monkeypatch, tmp_path):
    region = ((0, 2), (10, 90), (0, 64))
    files = (tmp_path / "m.zip", tmp_path / "a b.tif", tmp_path / "out.ome.zarr")
    run = PredictRun(*files, axes="ZYX", region=region, device="cpu")
    calls = executed(run.python(), monkeypatch, "load_model", "predict")
    assert calls["load_model"] == ((str(files[0]),), {})
    args, options = calls["predict"]
    assert args[1:] == (str(files[1]), str(files[2]))
    assert options == {"axes": "ZYX", "region": region, "device": "cpu"}
    assert "wait" in calls
    told = make_parser().parse_args(shlex.split(replace(run, kept="ZYX").command())[1:])
    assert told.region.of(fs.Image(np.zeros((2, 100, 64)), "ZYX")) == region
    assert [Path(told.model), *map(Path, told.image), told.out] == list(files)
    assert told.axes == "ZYX"
