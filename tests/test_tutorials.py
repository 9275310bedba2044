"""Every tutorial: its script runs on small samples, its page shows that script and its picture."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
SCRIPTS, PAGES = ROOT / "examples" / "tutorials", ROOT / "docs" / "tutorials"
PICTURES = ROOT / "docs" / "images" / "tutorials"
TOLD = {  # what a script must print
    "em_membranes": r"membrane: IoU \d\.\d\d on slices that nobody painted",
    "steel_phases": r"pearlite: [\d.]+% of the area, in truth [\d.]+%; IoU \d\.\d\d",
    "nuclei_instances": r"split at borders: \d+ of \d+ nuclei, AP50 \d\.\d\d",
    "fine_tuning": r"after: mean IoU \d\.\d\d of the old specimen",
    "zoo_model": r"classes: background, inside, border",
    "large_stack": r"(\d+) of \1 tiles are whole, 0 damaged",
    "dask_cluster": r"^0 of \d+ labels differ",
}
HEADINGS = ("What you have", "What you want", "What you see", "What can go wrong", "In the window")


def page(name):
    return (PAGES / f"{name.replace('_', '-')}.md").read_text("utf-8")


@pytest.mark.parametrize("name", TOLD)
def test_a_script_runs_and_draws(name, tmp_path):
    command = [sys.executable, SCRIPTS / f"{name}.py", "--steps", "6", "--size", "160"]
    done = subprocess.run(
        [*command, "--out", tmp_path / "files", "--pictures", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(TOLD[name], done.stdout, re.MULTILINE), done.stdout
    with Image.open(tmp_path / f"{name.replace('_', '-')}.png") as drawn:
        assert drawn.width > 1000
        assert len(drawn.convert("RGB").getcolors(10**6)) > 40  # not a blank sheet


@pytest.mark.parametrize("name", TOLD)
def test_a_page_is_whole(name):
    text, script = page(name), (SCRIPTS / f"{name}.py").read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 120
    for heading in HEADINGS:
        assert f"## {heading}\n" in text, heading
    assert "## Where to go next" in text
    shown = re.findall(r'--8<-- "(.*?)"', text)
    for path in shown:
        file, _, section = path.partition(":")
        assert (ROOT / file).exists(), file
        if section:
            assert file == f"examples/tutorials/{name}.py"
            assert f"--8<-- [start:{section}]" in script
    sections = re.findall(r"--8<-- \[start:(\w+)\]", script)
    assert sections == [p.partition(":")[2] for p in shown if ".py:" in p]  # all, in their order
    assert sections == re.findall(r"--8<-- \[end:(\w+)\]", script)
    for target in re.findall(r"\]\(((?!http)[^)#]+)[^)]*\)", text):
        assert (PAGES / target).exists(), target


def test_pictures_are_there_and_small():
    stems = {name.replace("_", "-") for name in TOLD}
    assert {p.stem for p in PAGES.glob("*.md")} - {"index"} == stems
    assert {p.name for p in PICTURES.iterdir()} == {f"{s}.png" for s in stems}
    for name in TOLD:
        stem = name.replace("_", "-")
        assert f"](../images/tutorials/{stem}.png)" in page(name)
        assert (PICTURES / f"{stem}.png").stat().st_size < 200_000


def test_all_pictures_are_made_anew(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    make = import_module("make_pictures")
    assert set(make.TUTORIALS) == set(TOLD)
    assert make.PICTURES == PICTURES
