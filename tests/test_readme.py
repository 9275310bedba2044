"""What the README promises, and every place that shows it, tried."""

import re
import tomllib
from datetime import date

import yaml

import napari_fcnseg as fs
from tests.pages import ROOT, blocks

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SOURCE = PROJECT["urls"]["Source"]
RAW = SOURCE.replace("github.com", "raw.githubusercontent.com") + "/main/"


def test_links_are_absolute():
    """PyPI and napari hub show the README, too, and know nothing of the folder that it is in."""
    defined = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", TEXT, re.MULTILINE))
    used = set(re.findall(r"\]\[([\w-]+)\]", TEXT))
    assert used == set(defined)
    for address in [*defined.values(), *re.findall(r"\]\(([^)]+)\)", TEXT)]:
        assert address.startswith("https://"), address


def test_pictures_are_shown_by_their_raw_files():
    defined = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", TEXT, re.MULTILINE))
    pictures = re.findall(r"!\[[^]]+\]\[([\w-]+)\]", TEXT)
    assert len(pictures) >= 4
    for name in pictures:
        assert defined[name].startswith(RAW)


def test_script_and_command_line_take_ten_lines_each():
    for code in blocks(README, "python"):
        assert len([line for line in code.splitlines() if line]) <= 10
    section = TEXT.split("## On the command line")[1].split("```")[0]
    assert 5 <= len(re.findall(r"^    fcnseg ", section, re.MULTILINE)) <= 10


def test_the_figures_stand_in_the_results():
    """Each figure of the table is one of those that were measured."""
    results = "\n".join(p.read_text("utf-8") for p in (ROOT / "benchmarks/results").glob("*.md"))
    table = TEXT.split("## What was measured")[1].split("\n\n")[2]
    figures = re.findall(r"\b0\.\d{3}\b", table)
    assert len(figures) >= 14
    for figure in figures:
        assert figure in results, figure
    for script in re.findall(r"`(benchmarks/\w+\.py)", table):
        assert (ROOT / script).exists()


def test_citation_and_changelog_are_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == PROJECT["version"] == fs.__version__
    assert cited["license"] == PROJECT["license"]
    assert cited["repository-code"] == SOURCE
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    (heading,) = re.findall(rf"^## \[{re.escape(fs.__version__)}\] - (.+)$", changes, re.MULTILINE)
    assert heading == "not released yet" or date.fromisoformat(heading)
    assert f"\n[{fs.__version__}]: {SOURCE}/releases/tag/v{fs.__version__}" in changes
