"""The rooms and their arrows; what importing costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import napari_fcnseg
from tests.conftest import make_model

SOURCE = Path(napari_fcnseg.__file__).parent
GUI = {"napari", "qtpy", "magicgui", "superqt", "psygnal", "PyQt5", "PyQt6", "PySide6"}
# What each room may import of the others; arrows run one way.
ARROWS = {
    "images": set(),
    "nets": set(),
    "annotations": {"images"},
    "evaluation": {"images", "annotations"},
    "refine": {"nets", "images", "annotations"},
    "classical": {"nets", "images", "annotations", "models", "refine", "training"},
    "models": {"nets", "images", "annotations", "training"},
    "training": {"nets", "images", "annotations", "evaluation", "models", "classical"},
    "inference": {"nets", "images", "annotations", "models"},
    "scripts": {"nets", "images", "annotations", "models", "training"},
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def files():
    return [p for p in SOURCE.rglob("*.py") if p.relative_to(SOURCE).parts[0] != "gui"]


def test_only_the_gui_knows_napari_and_qt():
    assert len(files()) > 30
    for path in files():
        assert not {name.split(".")[0] for name in imported(path)} & GUI, path


@pytest.mark.parametrize("room", ARROWS)
def test_arrows_run_one_way(room):
    paths = list((SOURCE / room).glob("*.py"))
    assert paths
    for path in paths:
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "napari_fcnseg" and len(parts) > 2 and parts[1] != room:
                assert parts[1] in ARROWS[room], f"{path.name} imports {name}"


def test_classical_methods_take_only_the_bounds_of_fields_from_training():
    """Training has a pixel classifier as its teacher, so that the other way would be a circle."""
    for path in (SOURCE / "classical").glob("*.py"):
        for name in imported(path):
            assert not name.startswith("napari_fcnseg.training") or name.endswith(".limits"), path


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_is_quick_and_loads_no_torch():
    seconds = run(
        "import sys, time; t = time.process_time(); import napari_fcnseg; "
        "t = time.process_time() - t; assert 'torch' not in sys.modules; "
        "assert 'numpy' not in sys.modules; print(t)"
    )
    assert float(seconds) < 0.3


@pytest.mark.parametrize(
    "module",
    ["nets.geometry", "nets.registry", "events", "training.recipe", "inference.plan", "cli"],
)
def test_geometry_recipes_and_events_load_no_torch(module):
    run(f"import sys, napari_fcnseg.{module}; assert 'torch' not in sys.modules")


def test_every_public_name_is_there():
    for name in napari_fcnseg.__all__:
        assert getattr(napari_fcnseg, name) is not None


def test_a_model_of_ours_loads_without_the_rules_of_bioimage_io(tmp_path):
    """They take a second, and only who writes a package, or runs one of others, needs them."""
    path = make_model().save(tmp_path / "m.zip")
    code = f"import sys, napari_fcnseg as fs; fs.load_model({str(path)!r}, check=True)"
    assert run(f"{code}; print('bioimageio' in sys.modules)") == "False"
