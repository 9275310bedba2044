"""What the README promises, tried."""

import re
import shlex
import tomllib
from operator import attrgetter
from pathlib import Path

import napari_fcnseg as fs
from napari_fcnseg import cli

TEXT = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_recipe_is_valid():
    (recipe,) = blocks("toml")
    assert fs.Recipe.from_dict(tomllib.loads(recipe)).steps == 2000


def test_the_commands_parse():
    lines = re.findall(r"^    (fcnseg .*)$", TEXT, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        cli.make_parser().parse_args(shlex.split(line)[1:])


def test_the_python_names_exist():
    used = {name for code in blocks("python") for name in re.findall(r"\bfs(?:\.\w+)+", code)}
    assert {"fs.fit", "fs.segment", "fs.events.Validated"} <= used
    for name in used:
        assert attrgetter(name.removeprefix("fs."))(fs) is not None


def test_images_and_folders_are_there():
    root = Path(__file__).parents[1]
    for target in re.findall(r"\]\(((?!http)[^)]+)\)", TEXT):
        assert (root / target).exists(), target
    for command in re.findall(r"^    make (\w+)", TEXT, re.MULTILINE):
        assert f"\n{command}:" in (root / "Makefile").read_text()
