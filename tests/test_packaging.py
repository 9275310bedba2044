"""What is installed, from every way to install."""

import importlib
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from npe2 import PluginManifest

import napari_fcnseg

ROOT = Path(__file__).parents[1]
MANIFEST = (ROOT / "napari.yaml").read_bytes()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WAYS = ["from the tree", "from the sdist"]
# The command line and Python, where there is no napari: imports everything outside of gui/.
WITHOUT_NAPARI = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"napari", "qtpy", "magicgui", "superqt", "psygnal", "npe2"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import napari_fcnseg
from napari_fcnseg.cli import main

assert napari_fcnseg.__file__.startswith(sys.argv[1]), napari_fcnseg.__file__
for module in pkgutil.walk_packages(napari_fcnseg.__path__, "napari_fcnseg."):
    if not module.name.startswith(("napari_fcnseg.gui", "napari_fcnseg.__main__")):
        importlib.import_module(module.name)
for name in napari_fcnseg.__all__:
    getattr(napari_fcnseg, name)
sys.exit(main(["info", "unet_light"]))
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source, out, *options):
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *options, source)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    out = tmp_path_factory.mktemp("sdist")
    build(ROOT, out, "--sdist")
    (path,) = out.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module", params=WAYS)
def wheel(request, sdist, tmp_path_factory):
    out, source = tmp_path_factory.mktemp("wheel"), ROOT
    if request.param == "from the sdist":
        with tarfile.open(sdist) as archive:
            archive.extractall(out, filter="data")
        (source,) = out.iterdir()
    build(source, out / "dist", "--wheel")
    (path,) = (out / "dist").glob("*.whl")
    return path


@pytest.fixture
def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_installed_manifest_is_the_root_manifest():
    installed = PluginManifest.from_distribution("napari-fcnseg")
    assert installed.model_dump(exclude={"package_metadata"}) == PluginManifest.from_file(
        ROOT / "napari.yaml"
    ).model_dump(exclude={"package_metadata"})


def test_the_sdist_has_the_manifest_and_no_link(sdist):
    with tarfile.open(sdist) as archive:
        assert not [m.name for m in archive.getmembers() if m.issym() or m.islnk()]
        top = archive.getnames()[0].split("/")[0]
        assert archive.extractfile(f"{top}/napari.yaml").read() == MANIFEST
        needed = {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"}
        assert {f"{top}/{name}" for name in needed} <= set(archive.getnames())


def test_wheels_have_manifest_types_and_every_module(contents):
    assert contents["napari_fcnseg/napari.yaml"] == MANIFEST
    package = Path(napari_fcnseg.__file__).parent
    modules = {f"napari_fcnseg/{p.relative_to(package)}" for p in package.rglob("*.py*")
               if "__pycache__" not in p.parts}  # fmt: skip
    assert modules <= set(contents)
    assert "napari_fcnseg/py.typed" in contents
    assert {name.split("/")[0] for name in contents} == {
        "napari_fcnseg",
        f"napari_fcnseg-{PROJECT['version']}.dist-info",
    }
    points = next(text for name, text in contents.items() if name.endswith("entry_points.txt"))
    assert b"[napari.manifest]\nnapari-fcnseg = napari_fcnseg:napari.yaml" in points
    metadata = next(text for name, text in contents.items() if name.endswith("/METADATA")).decode()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    gui = [line for line in needed if "napari" in line or "qt" in line.lower()]
    assert gui == ["Requires-Dist: napari[all]>=0.9; extra == 'all'"]
    assert "\nClassifier: Framework :: napari\n" in metadata  # napari hub looks for it
    assert "\nProject-URL: Issues, " in metadata


def test_a_wheel_works_where_there_is_no_napari(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:  # as pip does, without what it needs
        archive.extractall(tmp_path)
    code = [sys.executable, "-W", "ignore", "-c", WITHOUT_NAPARI, str(tmp_path)]
    told = run(*code, env=os.environ | {"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert "receptive_field" in told


def test_widgets_without_napari_say_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "napari_fcnseg.gui", raising=False)
    monkeypatch.setitem(sys.modules, "napari", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "napari-fcnseg\[all\]"'):
        importlib.import_module("napari_fcnseg.gui")


def test_workflows_try_what_the_classifiers_promise():
    folder = ROOT / ".github/workflows"
    jobs = yaml.safe_load((folder / "tests.yml").read_text("utf-8"))["jobs"]
    tried = jobs["plugin"]["strategy"]["matrix"]
    promised = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"]
                if re.search(r"Python :: 3\.\d+$", c)]  # fmt: skip
    assert tried["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert {system.split("-")[0] for system in tried["system"]} == {"ubuntu", "macos", "windows"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for path in folder.glob("*.yml"):
        text = path.read_text("utf-8")
        for target in re.findall(r"run: make (\w+)", text):
            assert f"\n{target}:" in makefile, (path.name, target)
        for there in re.findall(r"\btests/[\w/.]+", text):
            assert (ROOT / there).exists(), (path.name, there)
