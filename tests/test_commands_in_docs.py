"""What README and docs tell to type is typed: on tiny files, or at least read by what would run it.

A command, or a block of Python, that cannot be run here stands in `ONLY_READ`, with the reason.
"""

import contextlib
import io
import re
import tomllib
from functools import reduce

import dask.array
import numpy as np
import pytest
import torch

import napari_fcnseg as fs
from napari_fcnseg import cli
from tests import pages
from tests.desk import Desk, make_model

ONLY_READ = {
    "--download": "fetches from elsewhere",
    "SLURMCluster": "needs a cluster",
    "--workers": "starts processes; tests/inference/test_cluster.py",
    "/data/": "a path of the reader",
    "fcnseg demo": "tests/test_demo.py",
    "fcnseg nets": "describes all networks, which takes a minute; tests/test_cli.py",
    "fcn32s": "a network of 134 million parameters",
    "fcn16s": "a network of 134 million parameters",
    "fcn8s": "a network of 134 million parameters",
    "ciresan_n4": "takes a minute",
    "patch_classifier": "tests/nets/test_atrous.py",
    "NetEntry": "tests/test_adding_a_network.py follows the page",
    "tower": "tests/test_adding_a_network.py follows the page",
}
# What an option, or a place, of a command is to hold.
ROLES = {
    "image": "image", "labels": "labels", "strokes": "labels", "truth": "truth", "files": "image",
    "model": "model", "start": "model", "ensemble": "model", "recipe": "recipe", "found": "found",
    "mask": "truth",
}  # fmt: skip
OTHERWISE = {
    "verify": {"out": "predicted"},
    "refine": {"found": "probabilities"},
    "measure": {"labels": "found"},
    "objects": {"labels": "found"},
    "check": {"labels": "truth"},
}
# What the first arguments of a function are.
READS = {
    "fit": ("image", "labels"), "train": ("image", "labels"), "open_image": ("image",),
    "open_annotation": ("labels",), "read_points": ("labels",), "load_model": ("model",),
    "predict": (None, "image"), "segment": (None, "image"), "segment_files": (None, "image"),
    "classical_method": (None, "image", "labels"), "evaluate": ("found", "truth"),
    "label_objects": ("found",), "measure_objects": ("objects",), "measure_classes": ("found",),
}  # fmt: skip
SHORT = "Recipe(steps=3, batch=2"
COMMANDS = list(pages.every(pages.commands, "fcnseg"))
CODE = list(pages.every(pages.blocks, "python"))


def why_not(text, page=pages.ROOT):
    if "tutorials" in page.parts:
        return "tests/test_tutorials.py runs the script of the page"
    return next((reason for mark, reason in ONLY_READ.items() if mark in text), None)


def told(cases):
    return [f"{pages.name(page)}: {' '.join(w)[:60]}" for page, w in cases]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def desk(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, model)


def texts(value):
    return [str(v) for v in (value if isinstance(value, list) else [value]) if v]


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=told(COMMANDS))
def test_the_command_runs(page, words, desk):
    if words[-1] in ("--help", "--version"):
        with pytest.raises(SystemExit, match="^0$"):
            cli.main(words)
        return
    options = cli.make_parser().parse_args(words)
    if reason := why_not(" ".join(["fcnseg", *words]), page):
        pytest.skip(reason)
    roles = ROLES | OTHERWISE.get(options.run.__name__, {})
    planar = getattr(options, "axes", None) == "YX"
    for name, role in roles.items():
        for text in texts(getattr(options, name, None)):
            if "=" not in text:  # all=1 is no file
                desk.put(role, text, planar)
    what = getattr(options, "what", "")
    if "." in what:
        desk.put("model" if what.endswith(".zip") else "image", what)
    if options.run.__name__ in ("train", "compare"):
        words = quick(words)
    if options.run.__name__ == "check":  # whose patterns the shell expands
        words = [path for word in words for path in sorted(desk.folder.glob(word)) or [word]]
    with contextlib.redirect_stdout(io.StringIO()):
        assert cli.main([str(word) for word in words]) == 0


def quick(words):
    """Give a training three steps, of few and small patches."""
    minutes = words.index("--minutes") if "--minutes" in words else len(words)
    words = [*words[:minutes], *words[minutes + 2 :], "--steps", "3"]
    if "--recipe" in words or "--start" in words:
        return words
    fs.Recipe(patch=32, batch=2).to_toml("quick.toml")
    return [*words, "--recipe", "quick.toml"]


@pytest.fixture
def around(model):
    """What code of pages takes for granted."""
    scene = Desk(".", model)
    stack = np.concatenate([scene.image] * 5)
    shares = np.random.default_rng(0).random((3, *stack.shape), dtype=np.float32)
    return {
        "fs": fs,
        "np": np,
        "model": fs.load_model(model),
        "image": stack,
        "array": scene.image,
        "dask_array": dask.array.from_array(scene.image),
        "labels": np.concatenate([scene.truth] * 5),
        "probabilities": shares,
        "ids": scene.pixels("objects", None)[0],
    }


def files(code):
    """Which files code reads, with what they are to hold, and which it makes."""
    read, made = {}, set()
    for function, place, text in pages.file_arguments(code):
        roles = READS.get(function, ())
        if place < len(roles) and roles[place]:
            read[text] = roles[place]
        elif function in READS or function == "save":
            made.add(text)
    return read, made


@pytest.mark.parametrize(("page", "code"), CODE, ids=told((p, c.split()) for p, c in CODE))
def test_the_python_runs(page, code, desk, around):
    names = re.findall(r"\bfs((?:\.\w+)+)", code)
    for name in names:
        assert reduce(getattr, name.removeprefix(".").split("."), fs) is not None
    if reason := why_not(code, page):
        pytest.skip(reason)
    if missing := pages.unknown_names(code) - around.keys():
        pytest.skip(f"{', '.join(sorted(missing))}: of the reader")
    read, made = files(code)
    for text in read.keys() - made:
        desk.put(read[text], text)
    if 'axes="YX"' in code:
        around["image"] = around["image"][0]
    with contextlib.redirect_stdout(io.StringIO()), torch.random.fork_rng():
        exec(re.sub(r"Recipe\((minutes|steps)=\d+", SHORT, code), around)


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_recipes_are_valid(page):
    for text in pages.blocks(page, "toml"):
        fs.Recipe.from_dict(tomllib.loads(text))


def test_what_is_made_can_be_made():
    makefile = (pages.ROOT / "Makefile").read_text("utf-8")
    made = [words[0] for _, words in pages.every(pages.commands, "make")]
    assert {"demo", "test"} <= set(made)
    for target in made:
        assert f"\n{target}:" in makefile


def test_what_is_installed_is_offered():
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known = {
        project["name"],
        *(f"{project['name']}[{e}]" for e in project["optional-dependencies"]),
    }
    for _, words in pages.every(pages.commands, "pip"):
        for word in words[1:]:
            if word.startswith(project["name"]):
                assert word in known


def test_most_of_it_is_run():
    """The list of what is only read stays short."""
    read = [" ".join(["fcnseg", *words]) for _, words in COMMANDS] + [code for _, code in CODE]
    assert len([text for text in read if why_not(text)]) < len(read) / 3
