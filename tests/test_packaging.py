"""The one manifest, seen from every way to install."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_fcnseg

ROOT = Path(__file__).parents[1]
MANIFEST = (ROOT / "napari.yaml").read_bytes()


def build(source, out, *options):
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *options, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    out = tmp_path_factory.mktemp("sdist")
    build(ROOT, out, "--sdist")
    (path,) = out.glob("*.tar.gz")
    return path


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
        assert {f"{top}/README.md", f"{top}/LICENSE"} <= set(archive.getnames())


@pytest.mark.parametrize("way", ["from the tree", "from the sdist"])
def test_wheels_have_manifest_types_and_every_module(way, sdist, tmp_path):
    source = ROOT
    if way == "from the sdist":
        with tarfile.open(sdist) as archive:
            archive.extractall(tmp_path, filter="data")
        (source,) = tmp_path.iterdir()
    build(source, tmp_path / "dist", "--wheel")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    found = contents(wheel)
    assert found["napari_fcnseg/napari.yaml"] == MANIFEST
    package = Path(napari_fcnseg.__file__).parent
    modules = {f"napari_fcnseg/{p.relative_to(package)}" for p in package.rglob("*.py*")
               if "__pycache__" not in p.parts}  # fmt: skip
    assert modules <= set(found)
    assert "napari_fcnseg/py.typed" in found
    points = next(text for name, text in found.items() if name.endswith("entry_points.txt"))
    assert b"[napari.manifest]\nnapari-fcnseg = napari_fcnseg:napari.yaml" in points
    metadata = next(text for name, text in found.items() if name.endswith("/METADATA")).decode()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    gui = [line for line in needed if "napari" in line or "qt" in line.lower()]
    assert gui == ["Requires-Dist: napari[all]>=0.9; extra == 'all'"]
